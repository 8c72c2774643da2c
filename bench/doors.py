"""Many simulated terminals in a process of their own, whose people punch when they are told to."""

import multiprocessing as mp
import time
from multiprocessing.connection import Connection
from types import TracebackType
from typing import NamedTuple, Self

from simulators.zkteco.fleet import TerminalFleet

STAFF = 20


class Punched(NamedTuple):
    """One punch."""

    door: int
    at: float
    """`time.monotonic()` of the machine, just before the terminal took it."""


class Doors:
    """So many terminals; `ports` are theirs."""

    def __init__(self, count: int, records: int = 0) -> None:
        self._line, child = mp.Pipe()
        arguments = (count, records, child)
        self._process = mp.get_context("spawn").Process(target=_serve, args=arguments, daemon=True)
        self.ports: list[int] = []

    def __enter__(self) -> Self:
        self._process.start()
        self.ports = self._line.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def ready(self) -> None:
        """Wait until a client listens at every one."""
        self._line.send(None)
        self._line.recv()

    def people_punch(self, count: int, apart: float) -> list[Punched]:
        """One after the other at every door in turn, `apart` seconds from one to the next, whatever becomes of them."""
        self._line.send((count, apart))
        punched: list[Punched] = self._line.recv()
        return punched


def _serve(count: int, records: int, line: Connection) -> None:
    with TerminalFleet(count, users=STAFF, records=records) as fleet:
        line.send([terminal.port for terminal in fleet])
        while True:
            wanted = line.recv()
            if wanted is None:
                while not all(terminal.subscribers() for terminal in fleet):
                    time.sleep(0.05)
                line.send("ready")
            else:
                line.send(_punch(fleet, *wanted))


def _punch(fleet: TerminalFleet, count: int, apart: float) -> list[Punched]:
    people = [[user.user_id for user in terminal.users()] for terminal in fleet]
    punched = []
    begin = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begin + number * apart - time.monotonic()))
        turn, door = divmod(number, len(fleet))
        punched.append(Punched(door, time.monotonic()))
        fleet[door].punch(people[door][turn % STAFF])
    return punched
