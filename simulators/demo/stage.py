"""Everything the demo runs: broker, line, terminals, reader, gateway, centre, watcher; started and ended together."""

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from iotcore import Broker

from simulators.demo import reader
from simulators.demo.crowd import PEOPLE
from simulators.demo.gateway import NAME, GatewayProcess, config
from simulators.demo.logfolder import LogFolder
from simulators.demo.score import Fact
from simulators.demo.watch import Watch
from simulators.line import Line
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer, clock

DOORS = {"pintu-depan": "OKI2024000001", "pintu-belakang": "OKI2024000002"}
_READY_S = 30.0


class StageError(Exception):
    """It could not be set up; one line."""


class Stage:
    """Use it as a context manager, in the main thread. Raises StageError, GatewayDied, OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = contextlib.ExitStack()
        self.terminals = {
            name: TerminalServer(serial=serial, users=PEOPLE, seed=1, restart_seconds=2.0)
            for name, serial in DOORS.items()
        }
        self.reader: reader.CardReader | None = None
        """None where there is no MicroPython to run it."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            self._start(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _start(self, opening: contextlib.ExitStack) -> None:
        port = _free_port()
        opening.enter_context(_broker(port))
        self.line = opening.enter_context(Line("127.0.0.1", port))
        self.watch = Watch(("127.0.0.1", port))
        opening.callback(self.watch.stop)
        self.watch.start()
        self.centre = opening.enter_context(StandIn("127.0.0.1", port))
        for terminal in self.terminals.values():
            opening.enter_context(terminal)
        if reader.installed():
            self.reader = opening.enter_context(reader.CardReader(self._folder / "reader", self.line.port))
        ports = {name: terminal.port for name, terminal in self.terminals.items()}
        self.gateway = GatewayProcess(self._folder, config(self.line.port, ports))
        opening.callback(self.gateway.stop)
        self.log = LogFolder(self.gateway.data)
        self.wait_for(self._ready, _READY_S, "the gateway did not get ready")

    def wait_for(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for a condition. Raises StageError(what) with the gateway's last lines, GatewayDied."""
        end = time.monotonic() + seconds
        while not condition():
            self.check()
            if time.monotonic() > end:
                raise StageError(f"{what} within {seconds:.0f} s; its last lines:\n{self.gateway.last_lines()}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raises GatewayDied, StageError when the gateway or the card reader has ended."""
        self.gateway.check()
        if self.reader is not None and self.reader.trouble:
            raise StageError(self.reader.trouble)

    def punched(self) -> Counter[Fact]:
        """What the terminals' own logs hold, and what the card reader said it had recorded."""
        held = Counter(
            Fact(terminal.serial, punch.user_id, clock.text(punch.stamp))
            for terminal in self.terminals.values()
            for punch in terminal.records()
        )
        return held if self.reader is None else held + self.reader.taken()

    @property
    def recorded(self) -> int:
        """Punches on the gateway's disk and in the reader's flash."""
        return self.log.punches + (0 if self.reader is None else self.reader.punches)

    def is_on(self, name: str) -> bool:
        """Whether a terminal can be reached and the gateway listens to it."""
        return self.terminals[name].subscribers() > 0

    def _ready(self) -> bool:
        names = [NAME] if self.reader is None else [NAME, reader.NAME]
        online = [self.watch.status(name) == "online" for name in names]
        return self.watch.connected and all(online) and all(map(self.is_on, self.terminals))


@contextlib.contextmanager
def _broker(port: int) -> Iterator[None]:
    """The embedded broker, a child that ends when its standard input does, and so with us."""
    broker = Broker(port=port, listen="127.0.0.1")
    try:
        broker.start()
    except RuntimeError as error:
        raise StageError(f"the broker did not start: {error}") from error
    try:
        yield
    finally:
        broker.stop()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
