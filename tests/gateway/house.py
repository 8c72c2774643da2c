"""Log, clock, loop and supervisor around one scripted device: only the device and the disk are fakes."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contract import topics
from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.errors import DeviceSilent, LogError
from gateway.log.disk import Disk
from gateway.log.log import Log, LogOptions
from gateway.punch import Place
from gateway.reading import ClockReading, DeviceStatus, Reading
from gateway.recorder import Recorder
from gateway.supervisor import Supervisor
from tests.schemas import check_entry

JAKARTA = ZoneInfo("Asia/Jakarta")


class RefusingDisk(Disk):
    """A disk that can be told to refuse to write, at once or after so many writes, or to hang in a write."""

    full = False
    left: int | None = None
    hang: threading.Event | None = None
    hanging = False

    def write(self, fd: int, data: bytes) -> None:
        if self.hang is not None:
            self.hanging = True
            self.hang.wait(20)
        if self.left is not None:
            self.left -= 1
            self.full = self.left < 0
        if self.full:
            raise OSError(28, "No space left on device")
        super().write(fd, data)


class Device:
    """What the scripted drivers of one device share: its log, and what the test makes it do."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        """What each poll gives."""
        self.acknowledged = 0
        self.opened: list[str | None] = []
        self.error: BaseException | None = None
        self.hang: threading.Event | None = None
        self.hangs_in = "poll"
        self.hanging_drivers = range(1, 1000)
        """Which of the drivers that are made for it, counted from 1, hang."""
        self.late: list[Any] = []
        """What a poll that hung gives when it wakes up."""
        self.drivers = 0
        self.polled: list[int] = []
        """Which driver polled, poll by poll."""
        self.deaf = False
        self.closed = 0
        self.close_error: Exception | None = None
        self.offset = 0
        self.sets = 0
        self.set_error: Exception | None = None
        self.unseen_error: Exception | None = None
        """Of the look that follows a setting of the clock."""
        self.status: Any = DeviceStatus(serial="SN1")

    def driver(self) -> "ScriptedDriver":
        return ScriptedDriver(self)


class ScriptedDriver:
    """Hands out what waits at the device, a list a poll."""

    def __init__(self, device: Device) -> None:
        self._device, self._given = device, 0
        device.drivers += 1
        self._number = device.drivers
        self._hangs = device.drivers in device.hanging_drivers
        self._closed = threading.Event()

    def open(self, since: str | None) -> None:
        self._device.opened.append(since)
        self._raise()
        self._maybe_hang("open")

    def poll(self, timeout: float) -> Any:
        self._device.polled.append(self._number)
        self._device.acknowledged += self._given
        self._given = 0
        self._raise()
        if self._maybe_hang("poll"):
            return list(self._device.late)
        if not self._device.waiting:
            self._closed.wait(min(timeout, 0.01))
            return []
        reports = self._device.waiting.pop(0)
        self._given = len(reports) if isinstance(reports, Sequence) else 0
        return reports

    def close(self) -> None:
        self._device.closed += 1
        self._closed.set()
        if self._device.close_error is not None:
            raise self._device.close_error

    def status(self) -> Any:
        if isinstance(self._device.status, Exception):
            raise self._device.status
        return self._device.status

    def read_clock(self) -> ClockReading:
        self._maybe_hang("read_clock")
        if self._device.sets and self._device.unseen_error is not None:
            error, self._device.unseen_error = self._device.unseen_error, None
            raise error
        return clock_reading(self._device.offset)

    def set_clock(self, local_time: str) -> None:
        assert local_time
        if self._device.set_error is not None:
            raise self._device.set_error
        self._device.sets += 1
        self._device.offset = 0

    def _maybe_hang(self, where: str) -> bool:
        hang = self._device.hang
        if hang is None or not self._hangs or self._device.hangs_in != where:
            return False
        while not hang.wait(0.01):
            if self._closed.is_set() and not self._device.deaf:
                raise DeviceSilent("pintu: closed while waiting")
        return True

    def _raise(self) -> None:
        if self._device.error is not None:
            raise self._device.error


def clock_reading(offset: int) -> ClockReading:
    now = time.time() + offset
    local = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now + 7 * 3600))
    return ClockReading("SN1", local, time.monotonic(), 0.0)


def punch(number: int, **other: Any) -> Reading:
    local = f"2024-05-2{number % 5}T07:{number // 60 % 60:02d}:{number % 60:02d}"
    return Reading("SN1", str(number), local, b"raw", **other)


class House:
    """Log, clock, recorder and supervisor around one device."""

    def __init__(self, data: Path) -> None:
        self.device, self.disk = Device(), RefusingDisk()
        self.clock = Clock(JAKARTA, "system")
        self.options = LogOptions("gw1", "/kec/gw1", self.clock.text, allow_volatile=True, disk=self.disk)
        self.log = Log(data, self.options)
        self.errors: list[LogError] = []
        self.room = True
        self.supervisor = Supervisor(hung_after=0.3, left_after=0.3)

    def start(self) -> None:
        self.supervisor.add(self.loop)

    def loop(self, stop: threading.Event) -> DeviceLoop:
        return DeviceLoop(
            self.device.driver,
            self.recorder(),
            stop,
            room=lambda: self.room,
            disk_failed=self.errors.append,
            silent_after=0.0,
        )

    def recorder(self) -> Recorder:
        return Recorder(Place("kec", "pintu", JAKARTA), self.log, self.clock, max_drift_s=2.0)

    @property
    def present(self) -> DeviceLoop:
        return self.supervisor.workers[0].loop

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The entries of a kind, each held against its schema."""
        found = [entry for entry in self.log.read(0, 10_000) if entry.kind == kind]
        return [check_entry(entry.raw, topics.log("kec", "gw1", kind)) for entry in found]

    def audits(self, event: str) -> list[dict[str, Any]]:
        """The data of the audit entries of this word."""
        return [entry["data"] for entry in self.entries("audit") if entry["data"]["event"] == event]

    def events(self) -> list[str]:
        return [entry["data"]["event"] for entry in self.entries("audit")]

    def subjects(self) -> list[str]:
        return [entry["subject"] for entry in self.entries("punch")]


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.005)
