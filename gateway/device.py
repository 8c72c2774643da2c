"""The one loop that opens, polls, backs off and opens again; every device has one, in a thread of its own.

A driver can hang in a call that nothing ends. Then the supervisor abandons the loop and starts another. An abandoned
loop may wake up at any time; so it asks, under a lock, whether it is still the one before each poll (which tells the
device that what came before is recorded) and holds that lock while it records. `abandon` takes the lock, too: once it
has returned True, nothing more comes of the old loop.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

from gateway.errors import DeviceRefused, DriverError, LogError
from gateway.owed import Owed
from gateway.plain import said
from gateway.reading import DeviceStatus, Driver
from gateway.recorder import Batch, Recorder
from gateway.silence import Silence

logger = logging.getLogger(__name__)

State = Literal["starting", "ok", "silent", "refused"]

POLL_S = 1.0
RETRY_S = (1.0, 60.0)  # first and longest pause after a device did not answer
REFUSED_S = (30.0, 300.0)  # after it said no: some lock up when asked too often
DISK_S = (0.5, 15.0)  # after the log could not be written
SILENT_AFTER_S = 60.0  # when silence becomes evidence


class _Abandoned(DriverError):
    """Another loop has the device."""


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
        self._silence = Silence(silent_after)
        self._owed = Owed(self._record, recorder.now, disk_failed)
        self._driver: Driver | None = None
        self._ours, self._abandoned = threading.Lock(), False
        self._look_wanted = threading.Event()
        self._beat = time.monotonic()
        self._progress = ""

    @property
    def name(self) -> str:
        return self.recorder.place.device

    def run(self) -> None:
        """The loop; returns when stopped."""
        attempt = 0
        with suppress(_Abandoned):
            while not self._stop.is_set():
                opened_at = time.monotonic()
                error = self._session()
                attempt = attempt + 1 if time.monotonic() - opened_at < RETRY_S[1] else 1
                if error is not None and not self._stop.is_set():
                    self._failed(error, attempt)

    # From other threads

    def interrupt(self) -> None:
        """Free a stuck driver: its loop opens a new one. As long as the driver's `close` takes."""
        driver = self._driver
        if driver is not None:
            self._close(driver)

    def abandon(self, idle: float) -> bool:
        """Give the loop up, if it showed no life for `idle` seconds: nothing is recorded or acknowledged by it from
        here on. False: it lives, or it is the disk that holds it up."""
        if not self._ours.acquire(blocking=False):
            return False
        try:
            if self.idle_for() < idle:
                return False
            self._abandoned = True
        finally:
            self._ours.release()
        self._stop.set()
        return True

    def idle_for(self) -> float:
        """Seconds since the loop last showed life; progress of a long read is life."""
        progress = self.status().progress
        if progress != self._progress:
            self._progress, self._beat = progress, time.monotonic()
        return time.monotonic() - self._beat

    def status(self) -> DeviceStatus:
        """What the driver knows of the device."""
        driver = self._driver
        try:
            status = driver.status() if driver is not None else DeviceStatus()
        except Exception as error:  # noqa: BLE001 - a driver of a third party must not take the caller down
            logger.warning("%s: its driver cannot tell its status: %s", self.name, said(error))
            return DeviceStatus()
        return status if isinstance(status, DeviceStatus) else DeviceStatus()

    def want_look(self) -> None:
        """Look at the device's clock at the next opportunity, and set it where it is wrong."""
        self._look_wanted.set()

    # The loop's own thread

    def _session(self) -> DriverError | None:
        """One connection, from opening to closing; why it ended before its time."""
        try:
            driver = self._driver = self._make()
            try:
                self._talk(driver)
            finally:
                self._driver = None
                self._close(driver)
        except _Abandoned:
            raise
        except DriverError as error:
            return error
        except (Exception, SystemExit) as error:  # a driver of a third party must not end its thread
            logger.debug("%s: driver failed", self.name, exc_info=True)
            return DriverError(f"{self.name}: driver failed: {type(error).__name__}: {said(error)}")
        return None

    def _talk(self, driver: Driver) -> None:
        with self._still_ours():
            pass
        driver.open(self.recorder.cursor())
        self.state, self.problem = "ok", ""
        while not self._stop.is_set():
            room = self._room()
            with self._still_ours():
                pass
            if room:
                reports = list(driver.poll(POLL_S) or ())
                self.state, self.problem = "ok", ""
                self._answered()
                self._take(driver, reports)
            else:
                self._stop.wait(POLL_S)

    def _take(self, driver: Driver, reports: Sequence[object]) -> None:
        batch: Batch | None = self.recorder.prepare(reports)
        while batch is not None:
            wanted = self._look_wanted.is_set()
            batch.look |= wanted
            self._persist(batch)
            if wanted:  # who asks while it is written asks for the next one
                self._look_wanted.clear()
            if self._stop.is_set():
                return
            batch = self.recorder.tend_clock(batch, driver)

    def _persist(self, batch: Batch) -> None:
        """Not before it is on disk does the device hear of it; a disk that refuses is asked again, and a last time
        when the gateway stops: a sensor without a log gives each punch once."""
        pause = DISK_S[0]
        while True:
            last_time = self._stop.is_set()
            try:
                with self._still_ours():
                    self.recorder.commit(batch)
            except LogError as error:
                self._disk_failed(error)
            else:
                return
            if last_time:
                raise DriverError(f"{self.name}: stopped before its last records were on disk; it will be read again")
            self._stop.wait(pause)
            pause = min(pause * 2, DISK_S[1])

    @contextmanager
    def _still_ours(self) -> Iterator[None]:
        """A sign of life; and while it lasts nobody takes the device from us."""
        with self._ours:
            if self._abandoned:
                raise _Abandoned(f"{self.name}: given up: another loop has the device")
            self._beat = time.monotonic()
            yield

    def _record(self, event: str, detail: dict[str, object]) -> None:
        with self._still_ours():
            self.recorder.commit(self.recorder.audit(event, detail, self.status().serial))

    def _answered(self) -> None:
        silent = self._silence.over()
        if silent is not None:
            logger.warning("%s: answers again after %d s", self.name, silent)
            self._owed.record("device-back", {"silent_s": silent})
        else:
            self._owed.settle()

    def _failed(self, error: DriverError, attempt: int) -> None:
        refused = isinstance(error, DeviceRefused)
        self.state, self.problem = "refused" if refused else "silent", said(error)
        logger.warning("%s", self.problem)
        word = self._silence.goes_on(refused=refused)
        if word is not None:
            self._owed.record(word, {"reason": self.problem})
        first, longest = REFUSED_S if refused else RETRY_S
        pause = min(first * 2 ** min(attempt - 1, 10), longest) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        self._pause(pause)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.wait(min(left, POLL_S)):
            self._beat = time.monotonic()

    def _close(self, driver: Driver) -> None:
        try:
            driver.close()
        except Exception as error:  # noqa: BLE001 - as above; and what ended the session matters more
            logger.warning("%s: its driver failed while closing: %s", self.name, said(error))
