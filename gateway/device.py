"""The one loop that opens, polls, backs off and opens again; every device has one, in a thread of its own."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Literal

from gateway.errors import DeviceRefused, DriverError, LogError
from gateway.reading import DeviceStatus, Driver
from gateway.recorder import Batch, Recorder

logger = logging.getLogger(__name__)

State = Literal["starting", "ok", "silent", "refused"]

POLL_S = 1.0
RETRY_S = (1.0, 60.0)  # first and longest pause after a device did not answer
REFUSED_S = (30.0, 300.0)  # after it said no: some lock up when asked too often
DISK_S = (0.5, 15.0)  # after the log could not be written
SILENT_AFTER_S = 60.0  # when silence becomes evidence


class DeviceLoop:
    """One device, from opening to closing, over and over until `stop`."""

    def __init__(
        self,
        make: Callable[[], Driver],
        recorder: Recorder,
        stop: threading.Event,
        *,
        room: Callable[[], bool],
        disk_failed: Callable[[LogError], None],
        silent_after: float = SILENT_AFTER_S,
    ) -> None:
        """`make` builds a fresh driver; `room` says whether the log may take more; `disk_failed` hears of a disk
        that refuses."""
        self.recorder = recorder
        self.state: State = "starting"
        self.problem = ""
        self._make, self._stop, self._room, self._disk_failed = make, stop, room, disk_failed
        self._silent_after = silent_after
        self._driver: Driver | None = None
        self._down_since: float | None = None
        self._told_silent = False
        self._beat = time.monotonic()
        self._progress = ""

    @property
    def name(self) -> str:
        return self.recorder.place.device

    def run(self) -> None:
        """The loop; returns when stopped."""
        attempt = 0
        while not self._stop.is_set():
            opened_at = time.monotonic()
            try:
                self._session()
            except DriverError as error:
                attempt = attempt + 1 if time.monotonic() - opened_at < RETRY_S[1] else 1
                self._failed(error, attempt)
            except Exception as error:  # a driver of a third party must not take its thread down
                attempt += 1
                logger.debug("%s: driver failed", self.name, exc_info=True)
                self._failed(DriverError(f"{self.name}: driver failed: {type(error).__name__}: {error}"), attempt)

    def interrupt(self) -> None:
        """Free a stuck driver, from any thread: its loop opens a new one."""
        driver = self._driver
        if driver is not None:
            driver.close()

    def idle_for(self) -> float:
        """Seconds since the loop last showed life; progress of a long read is life."""
        progress = self.status().progress
        if progress != self._progress:
            self._progress, self._beat = progress, time.monotonic()
        return time.monotonic() - self._beat

    def status(self) -> DeviceStatus:
        """What the driver knows of the device."""
        driver = self._driver
        return driver.status() if driver is not None else DeviceStatus()

    def _session(self) -> None:
        driver = self._make()
        self._driver = driver
        try:
            driver.open(self.recorder.cursor())
            self._answered()
            while not self._stop.is_set():
                self._beat = time.monotonic()
                if self._room():
                    self._turn(driver)
                else:
                    self._stop.wait(POLL_S)
        finally:
            self._driver = None
            driver.close()

    def _turn(self, driver: Driver) -> None:
        reports = driver.poll(POLL_S)
        if not reports:
            return
        batch = self.recorder.prepare(reports)
        self._persist(batch)
        after = self.recorder.tend_clock(batch, driver)
        if after is not None:
            self._persist(after)

    def _persist(self, batch: Batch) -> None:
        """Not before it is on disk does the device hear of it; a disk that refuses is asked again."""
        pause = DISK_S[0]
        while not self._stop.is_set():
            self._beat = time.monotonic()
            try:
                self.recorder.commit(batch)
            except LogError as error:
                self._disk_failed(error)
                self._stop.wait(pause)
                pause = min(pause * 2, DISK_S[1])
            else:
                return
        raise DriverError(f"{self.name}: stopped before its last records were on disk; it will be read again")

    def _answered(self) -> None:
        self.state, self.problem = "ok", ""
        if self._told_silent and self._down_since is not None:
            seconds = round(time.monotonic() - self._down_since)
            self._persist(self.recorder.audit("device-back", {"silent_s": seconds}, self.status().serial))
            logger.warning("%s: answers again after %d s", self.name, seconds)
        self._down_since, self._told_silent = None, False

    def _failed(self, error: DriverError, attempt: int) -> None:
        if self._stop.is_set():
            return
        refused = isinstance(error, DeviceRefused)
        self.state, self.problem = "refused" if refused else "silent", str(error)
        logger.warning("%s", error)
        self._tell_silence(refused=refused)
        first, longest = REFUSED_S if refused else RETRY_S
        pause = min(first * 2 ** min(attempt - 1, 10), longest) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        self._pause(pause)

    def _tell_silence(self, *, refused: bool) -> None:
        self._down_since = self._down_since or time.monotonic()
        if self._told_silent or not (refused or time.monotonic() - self._down_since >= self._silent_after):
            return
        event = "device-refused" if refused else "device-silent"
        try:
            self.recorder.commit(self.recorder.audit(event, {"reason": self.problem}))
        except LogError as error:
            self._disk_failed(error)
            return
        self._told_silent = True

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.wait(min(left, POLL_S)):
            self._beat = time.monotonic()
