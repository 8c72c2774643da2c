"""A device without hardware, in this process: for tests, and as the model for authors of drivers.

    device = virtual.device("door")              # what a terminal is: a log, a clock, a cable
    driver = table.create("virtual", {"channel": "door"}, "pintu")
    device.punch("1042")                         # somebody at the door
    device.unplug(); device.plug(); device.clear()

It keeps every promise of `gateway.reading.Driver` in the plainest way: a log that survives its connections, readings
in batches, a cursor on each, ordinals counted when a punch is made, `close` that frees a waiting `poll`, and errors
that are always a DriverError. What it does not show is what real devices add: bytes, framing, time-outs, lies. Devices
live as long as the process does; both ends must be in it.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from gateway.config_tables import read
from gateway.errors import DeviceSilent
from gateway.reading import ClockReading, DeviceStatus, Direction, Finding, Method, Reading, Report

BATCH = 500


@dataclass(frozen=True, slots=True)
class _Punch:
    person: str
    local_time: str
    method: Method
    direction: Direction
    ordinal: int


class VirtualDevice:
    """The device itself. Every method may be called from any thread."""

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self.changed = threading.Condition()
        self._punches: list[_Punch] = []
        self._offset = 0.0
        self._plugged = True

    def punch(
        self, person: str, local_time: str | None = None, method: Method = "finger", direction: Direction = "none"
    ) -> None:
        """Somebody punches, now by the device's clock unless a time (`YYYY-MM-DDTHH:MM:SS`) is given."""
        with self.changed:
            when = local_time or self.local_time()
            ordinal = sum((past.person, past.local_time) == (person, when) for past in self._punches)
            self._punches.append(_Punch(person, when, method, direction, ordinal))
            self.changed.notify_all()

    def local_time(self) -> str:
        """The device's wall clock."""
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() + self._offset))

    def set_clock(self, local_time: str) -> None:
        """Set it. Raises ValueError for what is not `YYYY-MM-DDTHH:MM:SS`."""
        self._offset = time.mktime(time.strptime(local_time, "%Y-%m-%dT%H:%M:%S")) - time.time()

    def unplug(self) -> None:
        """Pull the cable: open drivers fail, and none can be opened."""
        with self.changed:
            self._plugged = False
            self.changed.notify_all()

    def plug(self) -> None:
        """Put it back."""
        self._plugged = True

    def clear(self) -> None:
        """Delete the log."""
        with self.changed:
            self._punches.clear()
            self.changed.notify_all()

    @property
    def plugged(self) -> bool:
        """Whether it can be reached."""
        return self._plugged

    def __len__(self) -> int:
        """Number of punches in its log."""
        return len(self._punches)

    def readings(self, start: int, live_from: int) -> list[Reading]:
        """The punches from number `start` on, at most BATCH; those from number `live_from` on as live."""
        return [
            Reading(
                serial=self.serial,
                person=punch.person,
                local_time=punch.local_time,
                raw=f"{punch.person}\t{punch.local_time}".encode(),
                method=punch.method,
                direction=punch.direction,
                origin="live" if number >= live_from else "log",
                ordinal=punch.ordinal,
                cursor=str(number + 1),
            )
            for number, punch in enumerate(self._punches[start : start + BATCH], start)
        ]


_devices: dict[str, VirtualDevice] = {}
_lock = threading.Lock()


def device(channel: str) -> VirtualDevice:
    """The device of this name, made when it is first asked for."""
    with _lock:
        return _devices.setdefault(channel, VirtualDevice(f"VIRTUAL-{channel}"))


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a device with `driver = "virtual"`."""

    channel: str = ""
    """Which device; its own id if empty."""


class VirtualDriver:
    """A connection to a VirtualDevice."""

    def __init__(self, channel: str, name: str) -> None:
        self._device = device(channel)
        self._name = name
        self._open = False
        self._next = self._live_from = 0
        self._first: list[Report] = []

    def open(self, since: str | None) -> None:
        """Connect, and go on after the cursor `since`. Raises DeviceSilent when the cable is out."""
        with self._device.changed:
            if not self._device.plugged:
                raise DeviceSilent(f"{self._name}: no answer: plug it in")
            self._next = int(since) if since and since.isdecimal() else 0
            self._live_from = len(self._device)
            self._first = [self.read_clock()]
            if self._next > len(self._device):
                self._first.append(Finding("log-cleared", self._device.serial, {"gone": self._next}))
                self._next = 0
            self._open = True

    def poll(self, timeout: float) -> Sequence[Report]:
        """What is new. Raises DeviceSilent when it was closed or unplugged."""
        with self._device.changed:
            self._check()
            if not self._first:
                self._device.changed.wait_for(self._is_news, timeout)
                self._check()
            reports = [*self._first, *self._device.readings(self._next, self._live_from)]
            self._next = min(self._next + BATCH, len(self._device))
            self._first = []
            return reports

    def close(self) -> None:
        """Let go; from any thread, frees a waiting poll."""
        with self._device.changed:
            self._open = False
            self._device.changed.notify_all()

    def status(self) -> DeviceStatus:
        """What is known."""
        return DeviceStatus(serial=self._device.serial, model="virtual", records=len(self._device))

    def read_clock(self) -> ClockReading:
        """The device's clock, now."""
        return ClockReading(self._device.serial, self._device.local_time(), time.monotonic(), 0.0)

    def set_clock(self, local_time: str) -> None:
        """Set the device's clock."""
        self._device.set_clock(local_time)

    def _is_news(self) -> bool:
        return not self._open or not self._device.plugged or len(self._device) != self._next

    def _check(self) -> None:
        if not self._open or not self._device.plugged:
            raise DeviceSilent(f"{self._name}: the connection is gone")
        if len(self._device) < self._next:
            self._first.append(Finding("log-cleared", self._device.serial, {"gone": self._next}))
            self._next = self._live_from = 0


def create(options: Mapping[str, object], name: str) -> VirtualDriver:
    """The factory of `gateway.drivers.table`. Raises ConfigError."""
    return VirtualDriver(read(Options, options, f"device[{name}]").channel or name, name)
