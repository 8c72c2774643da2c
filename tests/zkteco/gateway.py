"""The gateway's own parts in this process: driver, device loop, recorder, log. No broker.

What the centre would be sent is taken straight from the log, by the same books that the stand-in centre keeps.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from contract import topics
from contract.entry import AUDIT, PUNCH
from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.drivers.table import create
from gateway.drivers.zkteco import memory
from gateway.log.log import Log, LogOptions
from gateway.punch import Place
from gateway.recorder import Recorder
from gateway.supervisor import Supervisor, Worker
from simulators.ledger import Books
from tests.zkteco.witness import Fact

SITE, GATEWAY = "kec-pampangan", "gw1"
JAKARTA = ZoneInfo("Asia/Jakarta")
PATIENCE = 30.0
FAST = {"timeout": 1.0, "reconcile": 0.15, "quiet": 0.15, "clock_every": 0.15}
"""Options of a driver that looks ever again within a test; seconds."""


class Gateway:
    """One gateway without a line. `devices` are the names of its terminals with the options of their drivers."""

    def __init__(
        self,
        folder: Path,
        devices: Mapping[str, Mapping[str, object]],
        *,
        clock: Clock | None = None,
        silent_after: float = 60.0,
    ) -> None:
        self.data = folder / "data"
        self.books = Books()
        self.entries: list[dict[str, Any]] = []
        """Every entry, parsed, in sequence."""
        self.log: Log
        self._clock = clock or Clock(JAKARTA, "system")
        self._devices = dict(devices)
        self._silent_after = silent_after
        self._supervisor = Supervisor()
        self._taken = 0

    source = f"/{SITE}/{GATEWAY}"
    """Of the log's own audit entries."""

    def start(self) -> Self:
        """Open the log and attach every terminal."""
        options = LogOptions(gateway=GATEWAY, source=self.source, now=self._clock.text, allow_volatile=True)
        self.log = Log(self.data, options)
        self._supervisor = Supervisor()
        for name, keys in self._devices.items():
            self._supervisor.add(partial(self._loop, name, {**FAST, **keys}))
        return self

    def stop(self) -> None:
        """As a process that ends: what it only remembered is gone."""
        left = self._supervisor.stop(10)
        self.take()
        self.log.close()
        memory._memories.clear()
        assert left == [], f"{left} did not let go"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def worker(self, name: str) -> Worker:
        """The loop of one terminal and its thread."""
        return next(one for one in self._supervisor.workers if one.loop.name == name)

    def _loop(self, name: str, keys: Mapping[str, object], stop: Event) -> DeviceLoop:
        recorder = Recorder(Place(SITE, name, JAKARTA), self.log, self._clock, max_drift_s=2.0)
        return DeviceLoop(
            partial(create, "zkteco", keys, name),
            recorder,
            stop,
            room=lambda: True,
            disk_failed=lambda error: None,
            silent_after=self._silent_after,
        )

    # What is in the log

    def take(self) -> None:
        """Read what is new in the log, as the centre would get it."""
        while batch := self.log.read(self._taken, 500):
            for entry in batch:
                self.books.take(topics.log(SITE, GATEWAY, entry.kind), entry.raw)
                self.entries.append(json.loads(entry.raw))
            self._taken = batch[-1].sequence

    def punches(self) -> Counter[Fact]:
        """(source, person, terminal's time) of every punch, as often as it stands in the log."""
        self.take()
        return Counter(
            (one["source"], one["subject"].removeprefix("pin:"), one["data"]["device"]["time"])
            for one in self.entries
            if one["type"] == f"ketuk.{PUNCH}.v1"
        )

    def quarantined(self) -> Counter[Fact]:
        """The same of records that were set aside since their time cannot be true."""
        self.take()
        held = (one for one in self.audits() if one["data"]["event"] == "record-implausible")
        return Counter(
            (one["source"], one["subject"].removeprefix("pin:"), one["data"]["detail"]["time"]) for one in held
        )

    def audits(self, source: str | None = None) -> list[dict[str, Any]]:
        """The audit entries, those of one device if it is named."""
        self.take()
        found = (one for one in self.entries if one["type"] == f"ketuk.{AUDIT}.v1")
        return [one for one in found if source is None or one["source"] == source]

    def words(self, source: str | None = None) -> Counter[str]:
        """The words of audit entries (of one source, if it is named), as often as they stand in the log."""
        return Counter(one["data"]["event"] for one in self.audits(source))

    def until(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Wait for a condition; fail with `what` when it does not come true."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}: not within {seconds} s; log says {dict(self.words())}"
            time.sleep(0.01)
