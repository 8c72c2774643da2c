"""Each device: open, ask who it is and what time it has, close. All at once, each with its own patience."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime

from gateway.checks import words
from gateway.checks.result import Result
from gateway.clock import Clock
from gateway.config import Config, Device
from gateway.drivers.table import create
from gateway.errors import DeviceRefused, DeviceSilent, DriverError
from gateway.reading import DeviceStatus, Driver, SettableClock
from gateway.texts import Text

PATIENCE_S = 30.0

_TROUBLE: dict[type, Text] = {DeviceSilent: words.DEVICE_SILENT, DeviceRefused: words.DEVICE_REFUSED}


def check(config: Config, patience: float = PATIENCE_S) -> Iterator[Result]:
    """A result for each device, in the order of the file."""
    visits = [_Visit(config, device) for device in config.devices]
    for visit in visits:
        visit.start()
    deadline = time.monotonic() + patience
    for visit in visits:
        visit.join(max(deadline - time.monotonic(), 0))
        yield visit.outcome(patience)


class _Visit(threading.Thread):
    """One device; a daemon, because a device may hold a call for ever."""

    def __init__(self, config: Config, device: Device) -> None:
        super().__init__(name=f"check {device.id}", daemon=True)
        self._device = device
        self._clock = Clock(config.site.zone, config.clock.trust)
        self._max_drift = config.clock.max_drift_s
        self._driver: Driver = create(device.driver, device.options, device.id)
        self._result: Result | None = None

    def run(self) -> None:
        try:
            self._result = self._look()
        except DriverError as error:
            said = _TROUBLE.get(type(error), words.DEVICE_BAD).of(reason=error)
            self._result = Result(self._device.path, "bad", said)
        except Exception as error:  # noqa: BLE001 - a driver of a third party must not end the check of the others
            reason = f"{type(error).__name__}: {error}"
            said = words.DEVICE_FAILED.of(name=self._device.id, driver=self._device.driver, reason=reason)
            self._result = Result(self._device.path, "bad", said)

    def outcome(self, patience: float) -> Result:
        """What came of it, once it had its time."""
        if self._result is not None:
            return self._result
        self._driver.close()  # frees what is stuck
        said = words.DEVICE_STUCK.of(name=self._device.id, seconds=f"{patience:g}")
        return Result(self._device.path, "bad", said)

    def _look(self) -> Result:
        driver = self._driver
        driver.open(None)
        try:
            offset = self._offset_s(driver)
            facts: dict[str, object] = {"name": self._device.id, "facts": _facts(driver.status())}
        finally:
            driver.close()
        if offset is not None and abs(offset) > self._max_drift:
            return Result(self._device.path, "warn", words.DEVICE_CLOCK_OFF.of(**facts, offset=round(offset)))
        return Result(self._device.path, "ok", words.DEVICE_OK.of(**facts))

    def _offset_s(self, driver: Driver) -> float | None:
        """The device's clock minus ours, seconds; None where either has no time to compare."""
        if not isinstance(driver, SettableClock) or not self._clock.trusted:
            return None
        reading = driver.read_clock()
        try:
            shown = datetime.fromisoformat(reading.local_time)
        except ValueError:
            return None
        return (shown - self._clock.at(reading.taken_at).replace(tzinfo=None)).total_seconds()


def _facts(status: DeviceStatus) -> str:
    known = (
        status.model,
        status.serial and f"SN {status.serial}",
        status.firmware,
        "" if status.records is None else f"{status.records} rec",
    )
    return ", ".join(fact for fact in known if fact) or "-"
