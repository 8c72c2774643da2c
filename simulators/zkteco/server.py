"""A terminal for tests and programs: it runs in a thread of its own and is driven by plain calls from any thread."""

import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from simulators.zkteco import clock, console, people
from simulators.zkteco.codes import STATE, VERIFY
from simulators.zkteco.faults import Counters
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.log import Deed, Punch
from simulators.zkteco.loop_thread import LoopThread
from simulators.zkteco.profile import Profile, changed
from simulators.zkteco.profiles import PROFILES
from simulators.zkteco.roster import User
from simulators.zkteco.terminal import Terminal

T = TypeVar("T")


class TerminalServer:
    """One simulated terminal.

        with TerminalServer("tft-tcp", users=20, records=100) as terminal:
            terminal.punch("1042")
            ... a client talks to terminal.host, terminal.port ...

    `now` gives the true local time without zone (default: Jakarta's); `pause` is the time between two frames in
    seconds, 0 for none (default: the profile's); `restart_seconds` is how long a restart takes.
    `loop` lets many terminals share one thread.
    """

    def __init__(
        self,
        profile: Profile | str = "tft-tcp",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        serial: str = "OKI2024000001",
        comm_key: int = 0,
        users: int = 0,
        records: int = 0,
        seed: int = 0,
        pause: float | None = None,
        restart_seconds: float | None = None,
        now: Callable[[], datetime] = clock.jakarta,
        loop: LoopThread | None = None,
    ) -> None:
        kind = PROFILES[profile] if isinstance(profile, str) else profile
        self.terminal = Terminal(kind, serial=serial, comm_key=comm_key, seed=seed, source=now)
        people.enrol_many(self.terminal, users)
        people.fill_past(self.terminal, records)
        self._host = TerminalHost(self.terminal, host, port, pause)
        if restart_seconds is not None:
            self._host.restart_seconds = restart_seconds
        self._shared = loop
        self._loop: LoopThread | None = None

    # -- life

    def start(self) -> Self:
        """Listen. Raises HostError."""
        self._loop = self._shared or LoopThread(f"terminal {self.terminal.serial}")
        try:
            self._loop.run(self._host.start())
        except OSError:
            self._release()
            raise
        return self

    def stop(self) -> None:
        """Hang up and end; the log can still be read."""
        if self._loop is not None:
            self._loop.run(self._host.stop())
            self._release()

    def _release(self) -> None:
        if self._loop is not None and self._loop is not self._shared:
            self._loop.close()
        self._loop = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def host(self) -> str:
        """Address to connect to."""
        return self._host.host

    @property
    def port(self) -> int:
        """Port to connect to; known once started."""
        return self._host.port

    @property
    def serial(self) -> str:
        """Serial number."""
        return self.terminal.serial

    def _call(self, work: Callable[[], T]) -> T:
        return work() if self._loop is None else self._loop.call(work)

    def _run(self, work: Coroutine[object, object, T]) -> T:
        if self._loop is None:
            work.close()
            raise RuntimeError(f"terminal {self.serial} is not started")
        return self._loop.run(work)

    # -- people

    def punch(
        self, user_id: str, direction: str = "in", method: str = "finger", stamp: int | None = None, workcode: int = 0
    ) -> Punch:
        """Somebody uses the reader now, or at `stamp` (`clock.stamp`). Raises PunchRefused."""
        return self._call(lambda: self.terminal.punch(user_id, STATE[direction], VERIFY[method], stamp, workcode))

    def enrol(self, user_id: str, name: str = "", uid: int | None = None) -> User:
        """Enrol a person. Raises PunchRefused when there is no room."""
        return self._call(lambda: self.terminal.enrol(user_id, name, uid))

    def records(self) -> list[Punch]:
        """The punches in the terminal's log, oldest first."""
        return self._call(lambda: list(self.terminal.log))

    def operations(self) -> list[Deed]:
        """The operation log, oldest first."""
        return self._call(lambda: list(self.terminal.deeds))

    def users(self) -> list[User]:
        """The users, by slot."""
        return self._call(lambda: list(self.terminal.roster))

    # -- faults and moods; `command` knows more

    def command(self, line: str) -> dict[str, object]:
        """Carry out a command of the console (`clock +3600`, `full ring`, …) and give its answer."""
        return self._run(console.execute(self._host, line))

    def clock_now(self) -> datetime:
        """What the terminal's clock shows."""
        return self._call(self.terminal.clock.now)

    def alarm(self, kind: str, user_id: str | None = None) -> None:
        """Raise an alarm: `tamper`, `exit-button`, `misoperation`, `door-closed`; of a person `duress`, `passback`."""
        self._call(lambda: self.terminal.alarm(kind, user_id))

    def adopt(self, *assignments: str) -> None:
        """Change the firmware's habits, as the command `profile`: `adopt("event_length=33")`. Raises ProfileError."""
        self._call(lambda: self.terminal.adopt(changed(self.terminal.profile, list(assignments))))

    def drop(self) -> int:
        """Cut all connections; how many there were."""
        return self._run(self._host.drop())

    def stall(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._call(lambda: self._host.stall(seconds))

    def restart(self, away: float | None = None) -> None:
        """Restart; away for `away` seconds. Returns once the terminal is gone."""
        self._run(self._host.restart(away))

    def power_off(self) -> None:
        """Pull the plug."""
        self._run(self._host.power_off())

    def power_on(self) -> None:
        """Put the plug back."""
        self._call(self._host.power_on)

    # -- what happened

    @property
    def counters(self) -> Counters:
        """Live counters of what clients did."""
        return self.terminal.counters

    def status(self) -> dict[str, object]:
        """As the command `status`."""
        return self.command("status")

    def unacknowledged(self) -> int:
        """Events sent to connected clients and not acknowledged yet."""
        return self._call(lambda: sum(session.unacknowledged for session in self.terminal.sessions))

    def subscribers(self, event: int = 1) -> int:
        """Authorised clients that subscribed to the event (1: punches)."""
        return self._call(lambda: sum(bool(one.authorised and one.mask & event) for one in self.terminal.sessions))

    def wait_until(self, condition: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Wait for a condition, at most `timeout` seconds; whether it came true."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True
