"""One morning at one door: the simulated terminal and the real gateway, both living in March 2026."""

import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.clock import Clock
from simulators.zkteco import TerminalServer
from simulators.zkteco.clock import jakarta
from tests.zkteco.gateway import JAKARTA, Gateway

DEVICE = "pintu-depan"
BEGIN = datetime(2026, 3, 2, 7, 38, tzinfo=JAKARTA)
"""A Monday, eight minutes after the work began."""
EARLY = "2026-03-02T07:24:00"
OPTIONS = {"timeout": 10, "reconcile": 3, "quiet": 60, "clock_every": 600}


class Morning:
    """From 07:38 on. What people do at the terminal are its methods."""

    def __init__(self, folder: Path, serial: str) -> None:
        self._ahead = timedelta(seconds=BEGIN.timestamp() - time.time())
        self.terminal = TerminalServer(serial=serial, users=20, now=lambda: jakarta() + self._ahead)
        self._folder = folder
        self.gateway: Gateway

    def __enter__(self) -> Self:
        self.terminal.start()
        keys = {**OPTIONS, "host": self.terminal.host, "port": self.terminal.port}
        clock = Clock(JAKARTA, "system", wall=lambda: time.time() + self._ahead.total_seconds())
        self.gateway = Gateway(self._folder, {DEVICE: keys}, clock=clock)
        self.gateway_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gateway.stop()
        self.terminal.stop()

    def gateway_on(self) -> None:
        """It starts, connects, reads what there is, and has looked at everything once."""
        commands = self.terminal.counters.commands
        before = commands.get("GET_TIME", 0)
        self.gateway.start()
        self.gateway.until(lambda: self.terminal.subscribers() and commands.get("GET_TIME", 0) > before, "connected")
        self.looked()

    def gateway_off(self) -> None:
        self.gateway.stop()

    def punch(self, person: str) -> None:
        """Somebody punches, and it is recorded, unless the gateway is off."""
        self.terminal.punch(person)

    def recorded(self, punches: int) -> None:
        self.gateway.until(lambda: self.gateway.punches().total() == punches, f"{punches} punches recorded")

    def set_clock(self, local_time: str) -> None:
        """At the menu."""
        self.say(f"clock set {local_time}")

    def set_clock_right(self) -> None:
        """At the menu, by a wristwatch."""
        self.set_clock((jakarta() + self._ahead).isoformat(timespec="seconds"))

    def say(self, command: str) -> None:
        answer = self.terminal.command(command)
        assert answer["ok"], answer

    def told(self, **times: int) -> None:
        """Wait until these words (`_` for `-`) stand in the log so many times."""
        wanted = Counter({word.replace("_", "-"): count for word, count in times.items()})
        self.gateway.until(lambda: self.gateway.words() >= wanted, f"{dict(wanted)} told")

    def looked(self) -> None:
        """Wait until the gateway has looked at the terminal's counters once more, just now."""
        commands = self.terminal.counters.commands
        before = commands.get("GET_FREE_SIZES", 0)
        self.gateway.until(lambda: commands.get("GET_FREE_SIZES", 0) > before, "looked")
