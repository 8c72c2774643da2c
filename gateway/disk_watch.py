"""Watches the log's space and its disk, tells loudly, and leaves evidence once writing works again."""

import logging
import os
import time
from pathlib import Path
from typing import NamedTuple, Protocol

from contract import audit
from contract.entry import AUDIT
from gateway.entries import Draft, Stored
from gateway.errors import LogError, LogFull
from gateway.plain import plain, text_of

logger = logging.getLogger(__name__)

LOUD = 0.8  # of the space undelivered entries may take, or of the disk
AGAIN_S = 60.0  # between two shouts
_CALM = 0.75  # below this it is over


class Log(Protocol):
    """The log as its watch sees it."""

    def append(self, drafts: list[Draft]) -> list[Stored]: ...

    def pressure(self) -> float: ...

    def size(self) -> int: ...


class _Usage(NamedTuple):
    free: int
    """Bytes."""
    taken: float
    """Part of the whole."""
    problem: str


class DiskWatch:
    """`check` is called every second by the main thread; `failed` by any thread whose append was refused."""

    def __init__(self, log: Log, data: Path, source: str, max_bytes: int) -> None:
        self._log, self._data, self._source, self._max_bytes = log, data, source, max_bytes
        self._failing_since: float | None = None
        self._error: LogError | None = None
        self._loud_since: float | None = None
        self._shouted = 0.0

    @property
    def room(self) -> bool:
        """Whether devices may be polled: their own logs are the safer place while ours cannot take more."""
        return self._log.pressure() < 1.0

    @property
    def problem(self) -> str:
        """What is wrong now, a line; empty when nothing is."""
        return str(self._error) if self._error is not None else ""

    def failed(self, error: LogError) -> None:
        """An append was refused."""
        if self._failing_since is None:
            self._failing_since = time.monotonic()
            logger.critical("%s", error)
        self._error = error

    def check(self) -> None:
        """Try the disk while it is failing, and compare what is taken with what may be."""
        if self._failing_since is not None:
            self._try_again(self._failing_since)
        self._compare()

    def facts(self) -> dict[str, object]:
        """For the health message; sizes in 10^6 bytes."""
        usage = self._usage()
        return {
            "free_mb": round(usage.free / 1e6, 1),
            "log_mb": round(self._log.size() / 1e6, 1),
            "max_mb": round(self._max_bytes / 1e6, 1),
            "pressure": round(self._log.pressure(), 3),
            "problem": text_of(self.problem or usage.problem, 300),
        }

    def _usage(self) -> "_Usage":
        """Of the file system; nothing is free on one that does not answer (a card pulled out, a disk gone)."""
        try:
            usage = os.statvfs(self._data)
        except OSError as error:
            return _Usage(0, 1.0, f"{self._data}: {error.strerror or error}: look at the disk")
        return _Usage(usage.f_bavail * usage.f_frsize, 1 - usage.f_bavail / max(usage.f_blocks, 1), "")

    def _try_again(self, since: float) -> None:
        event = "disk-full" if isinstance(self._error, LogFull) or "space" in str(self._error) else "disk-failed"
        seconds = round(time.monotonic() - since)
        detail: dict[str, object] = {"failing": event, "reason": str(self._error), "seconds": seconds}
        if isinstance(self._error, LogFull) and not self.room:
            self._shout(str(self._error))  # audit entries still have room: they would say that all is well
            return
        try:
            self._log.append([self._audit("disk-ok", detail)])
        except LogError as error:
            self._error = error
            self._shout(f"nothing is recorded for {seconds} s: {error}")
            return
        logger.warning("the log can be written again after %d s", seconds)
        self._failing_since = self._error = None

    def _compare(self) -> None:
        usage, pressure = self._usage(), self._log.pressure()
        if usage.problem:
            self._shout(usage.problem)
            return
        worst = max(usage.taken, pressure)
        if worst >= LOUD:
            what = f"log {pressure:.0%} of its cap, disk {usage.taken:.0%} full"
            self._shout(f"{self._data}: {what}: bring the line up, or free space")
            if self._loud_since is None:
                self._tell("disk-80", {"log": round(pressure, 3), "disk": round(usage.taken, 3)})
        elif worst < _CALM:
            self._loud_since = None

    def _tell(self, event: str, detail: dict[str, object]) -> None:
        try:
            self._log.append([self._audit(event, detail)])
        except LogError as error:
            self.failed(error)
            return
        self._loud_since = time.monotonic()

    def _audit(self, event: str, detail: dict[str, object]) -> Draft:
        return Draft(AUDIT, self._source, audit.data(event, plain(detail)))

    def _shout(self, message: str) -> None:
        if time.monotonic() - self._shouted >= AGAIN_S:
            self._shouted = time.monotonic()
            logger.critical("%s", message)
