"""The data folder, the room on its disk, and the clock."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from gateway.checks import words
from gateway.checks.result import Result
from gateway.clock import Clock
from gateway.config import Config
from gateway.log.disk import VOLATILE, filesystem_of

LEAST_FREE_MB = 50


def folder(config: Config, *, allow_volatile: bool) -> Result:
    """Whether the log can live in `gateway.data`. A folder that is not there yet is not made."""
    data = config.gateway.data
    place = existing(data)
    kind = filesystem_of(place) or "?"
    reason = _refusal(place)
    if reason is not None:
        return Result("gateway.data", "bad", words.FOLDER_REFUSES.of(data=data, reason=reason))
    if kind in VOLATILE and not allow_volatile:
        return Result("gateway.data", "bad", words.FOLDER_VOLATILE.of(data=data, kind=kind))
    if kind in VOLATILE:
        return Result("gateway.data", "warn", words.FOLDER_VOLATILE_ALLOWED.of(data=data, kind=kind))
    if place != data:
        return Result("gateway.data", "ok", words.FOLDER_NEW.of(data=data, parent=place, kind=kind))
    return Result("gateway.data", "ok", words.FOLDER_OK.of(data=data, kind=kind))


def room(config: Config) -> Result:
    """Whether the disk has room for what the log may take, in MB of 10^6 bytes."""
    place = existing(config.gateway.data)
    free, most = shutil.disk_usage(place).free // 1_000_000, config.log.max_mb
    if free < LEAST_FREE_MB:
        return Result("log.max_mb", "bad", words.DISK_FULL.of(free=free))
    if free + _size_of(config.gateway.data) // 1_000_000 < most:
        return Result("log.max_mb", "warn", words.DISK_TIGHT.of(free=free, most=most))
    return Result("log.max_mb", "ok", words.DISK_OK.of(free=free, most=most))


def clock(config: Config) -> Result:
    """Whether this machine knows what time it is."""
    own = Clock(config.site.zone, config.clock.trust)
    now = own.now().isoformat(sep=" ", timespec="seconds")
    if config.clock.trust == "system":
        return Result("clock", "ok", words.CLOCK_VOUCHED.of(now=now))
    if own.trusted:
        return Result("clock", "ok", words.CLOCK_SYNCED.of(now=now))
    return Result("clock", "warn", words.CLOCK_UNSET.of(now=now))


def running(config: Config) -> str | None:
    """The process of the gateway that works on the data folder, if one does (`gateway.log.folder` locks it)."""
    try:
        fd = os.open(config.gateway.data / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None  # no gateway was ever here, or not one that we may look at
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(fd, 20).decode("ascii", "replace").strip() or "?"
    finally:
        os.close(fd)
    return None


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    places = (path, *path.absolute().parents)
    # Path.exists raises where a folder above may not be looked into.
    return next(place for place in places if os.path.exists(place))  # noqa: PTH110


def _refusal(place: Path) -> str | None:
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"ketuk")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return None


def _size_of(data: Path) -> int:
    """Bytes of all files in the folder; a gateway that runs may make and delete some meanwhile."""
    size = 0
    for file in data.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += file.stat().st_size if file.is_file() else 0
    return size
