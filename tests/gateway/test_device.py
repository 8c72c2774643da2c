"""The device loop and its supervisor over the real log, with a scripted driver as the device."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contract.entry import parse
from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.errors import DeviceRefused, DeviceSilent, LogError, LogUnwritable
from gateway.log.disk import Disk
from gateway.log.log import Log, LogOptions
from gateway.punch import Place
from gateway.reading import ClockReading, DeviceStatus, Reading, Report
from gateway.recorder import Recorder
from gateway.supervisor import Supervisor

JAKARTA = ZoneInfo("Asia/Jakarta")


class RefusingDisk(Disk):
    """A disk that can be told to refuse to write."""

    full = False

    def write(self, fd: int, data: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        super().write(fd, data)


class Device:
    """What the scripted drivers of one device share: its log, and what the test makes it do."""

    def __init__(self) -> None:
        self.waiting: list[list[Report]] = []
        self.acknowledged = 0
        self.opened: list[str | None] = []
        self.error: Exception | None = None
        self.hang: threading.Event | None = None
        self.deaf = False
        self.offset = 0
        self.sets = 0

    def driver(self) -> "ScriptedDriver":
        return ScriptedDriver(self)


class ScriptedDriver:
    """Hands out what waits at the device, a list a poll."""

    def __init__(self, device: Device) -> None:
        self._device, self._given = device, 0
        self._closed = threading.Event()

    def open(self, since: str | None) -> None:
        self._device.opened.append(since)
        self._raise()

    def poll(self, timeout: float) -> Sequence[Report]:
        self._device.acknowledged += self._given
        self._given = 0
        self._raise()
        if self._device.hang is not None:
            while not self._device.hang.wait(0.01):
                if self._closed.is_set() and not self._device.deaf:
                    raise DeviceSilent("pintu: closed while waiting")
        if not self._device.waiting:
            self._closed.wait(min(timeout, 0.01))
            return []
        reports = self._device.waiting.pop(0)
        self._given = len(reports)
        return reports

    def close(self) -> None:
        self._closed.set()

    def status(self) -> DeviceStatus:
        return DeviceStatus(serial="SN1")

    def read_clock(self) -> ClockReading:
        return clock_reading(self._device.offset)

    def set_clock(self, local_time: str) -> None:
        assert local_time
        self._device.sets += 1
        self._device.offset = 0

    def _raise(self) -> None:
        if self._device.error is not None:
            raise self._device.error


def clock_reading(offset: int) -> ClockReading:
    now = time.time() + offset
    local = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now + 7 * 3600))
    return ClockReading("SN1", local, time.monotonic(), 0.0)


def punch(number: int, *, origin: str = "log", cursor: str | None = None) -> Reading:
    local = f"2026-11-2{number % 5}T07:{number // 60 % 60:02d}:{number % 60:02d}"
    reading = Reading("SN1", str(number), local, b"raw", cursor=cursor)
    return replace(reading, origin=origin)  # type: ignore[arg-type]


class House:
    """Log, clock, recorder and supervisor around one device."""

    def __init__(self, data: Path) -> None:
        self.device, self.disk = Device(), RefusingDisk()
        self.clock = Clock(JAKARTA, "system")
        options = LogOptions("gw1", "/kec/gw1", self.clock.text, allow_volatile=True, disk=self.disk)
        self.log = Log(data, options)
        self.errors: list[LogError] = []
        self.room = True
        self.supervisor = Supervisor(hung_after=0.3, left_after=0.3)

    def start(self) -> None:
        self.supervisor.add(self.loop)

    def loop(self, stop: threading.Event) -> DeviceLoop:
        recorder = Recorder(Place("kec", "pintu", JAKARTA), self.log, self.clock, max_drift_s=2.0)
        return DeviceLoop(
            self.device.driver,
            recorder,
            stop,
            room=lambda: self.room,
            disk_failed=self.errors.append,
            silent_after=0.0,
        )

    def entries(self, kind: str) -> list[dict[str, object]]:
        return [parse(entry.raw) for entry in self.log.read(0, 10_000) if entry.kind == kind]

    def events(self) -> list[object]:
        return [event["data"]["event"] for event in self.entries("audit")]  # type: ignore[index]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr("gateway.device.POLL_S", 0.02)
    for name in ("RETRY_S", "REFUSED_S", "DISK_S"):
        monkeypatch.setattr(f"gateway.device.{name}", (0.02, 0.1))
    house = House(tmp_path)
    yield house
    if house.device.hang is not None:
        house.device.hang.set()
    house.supervisor.stop(2)
    with contextlib.suppress(LogError):
        house.log.close()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.005)


def test_readings_are_on_disk_before_the_device_hears_of_them(house: House) -> None:
    house.device.waiting = [[punch(1), punch(2, cursor="after 2")]]
    house.disk.full = True
    house.start()
    until(lambda: len(house.errors) >= 2)
    assert isinstance(house.errors[0], LogUnwritable)
    assert house.device.acknowledged == 0
    house.disk.full = False
    until(lambda: house.device.acknowledged == 2)
    assert [event["subject"] for event in house.entries("punch")] == ["pin:1", "pin:2"]
    assert house.log.cursor("pintu") == "after 2"


def test_a_device_that_gives_everything_again_makes_no_second_entry(house: House) -> None:
    batch: list[Report] = [punch(n, cursor=str(n)) for n in range(50)]
    house.device.waiting = [batch, batch]
    house.start()
    until(lambda: house.device.acknowledged == 100)
    assert len(house.entries("punch")) == 50
    assert house.supervisor.workers[0].loop.recorder.tally.known == 50


def test_it_opens_again_after_silence_and_says_so(house: House) -> None:
    house.device.error = DeviceSilent("pintu: no answer")
    house.start()
    until(lambda: len(house.device.opened) >= 3)
    loop = house.supervisor.workers[0].loop
    assert (loop.state, loop.problem) == ("silent", "pintu: no answer")
    house.device.waiting = [[punch(1, cursor="c1")]]
    house.device.error = None
    until(lambda: bool(house.entries("punch")))
    assert house.events() == ["log-created", "device-silent", "device-back"]
    assert loop.state == "ok"


def test_a_refusal_is_told_apart(house: House) -> None:
    house.device.error = DeviceRefused("pintu: wrong comm key")
    house.start()
    until(lambda: "device-refused" in house.events())
    assert house.supervisor.workers[0].loop.state == "refused"


def test_a_broken_driver_does_not_take_the_thread_down(house: House) -> None:
    house.device.error = ZeroDivisionError("oops")
    house.start()
    until(lambda: len(house.device.opened) >= 3)
    assert "ZeroDivisionError" in house.supervisor.workers[0].loop.problem
    house.device.error = None
    house.device.waiting = [[punch(1)]]
    until(lambda: bool(house.entries("punch")))


def test_it_goes_on_where_it_stopped(house: House) -> None:
    house.device.waiting = [[punch(1, cursor="c1")]]
    house.start()
    until(lambda: house.device.acknowledged == 1)
    house.device.error = DeviceSilent("pintu: cut")
    until(lambda: len(house.device.opened) >= 2)
    assert house.device.opened[:2] == [None, "c1"]


def test_a_full_log_stops_the_polling(house: House) -> None:
    house.room = False
    house.device.waiting = [[punch(1)]]
    house.start()
    until(lambda: house.device.opened == [None])
    assert not house.entries("punch")
    house.room = True
    until(lambda: len(house.entries("punch")) == 1)


def test_a_wrong_clock_is_set_and_left_as_evidence(house: House) -> None:
    house.device.offset = -90
    house.device.waiting = [[clock_reading(-90), punch(1)]]
    house.start()
    until(lambda: house.device.sets == 1 and "terminal-clock-set" in house.events())
    assert house.events() == ["log-created", "terminal-clock-wrong", "terminal-clock-set"]
    assert house.supervisor.workers[0].loop.recorder.offset_s == pytest.approx(0, abs=1.5)


def test_a_hung_driver_is_freed_by_closing_it(house: House) -> None:
    house.device.hang = threading.Event()
    house.start()
    until(lambda: house.device.opened == [None])
    until(lambda: bool(house.supervisor.check()) or len(house.device.opened) >= 2)
    assert len(house.device.opened) >= 2
    assert house.supervisor.workers[0].restarts == 0


def test_a_driver_that_cannot_be_freed_is_left_behind_and_replaced(house: House) -> None:
    hang = house.device.hang = threading.Event()
    house.device.deaf = True
    house.start()
    until(lambda: house.device.opened == [None])
    first = house.supervisor.workers[0].thread
    until(lambda: bool(house.supervisor.check()))
    house.device.hang = None
    assert first.is_alive()
    assert house.supervisor.workers[0].restarts == 1
    house.device.waiting = [[punch(1)]]
    until(lambda: len(house.entries("punch")) == 1)
    hang.set()


def test_stopping_frees_every_thread(house: House) -> None:
    house.device.hang = threading.Event()
    house.start()
    until(lambda: house.device.opened == [None])
    assert house.supervisor.stop(5) == []
