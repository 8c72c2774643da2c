"""The data folder: one gateway at a time, and on a medium that survives a power cut."""

import contextlib
import fcntl
import os
from pathlib import Path

from gateway.errors import LogError, LogLocked
from gateway.log.disk import VOLATILE, Disk, filesystem_of


class FolderLock:
    """Holds `<data>/lock` from construction until `release`. Makes the folder when it is missing.

    Raises LogLocked when another process holds it, LogError when the folder cannot be used.
    """

    def __init__(self, data: Path, *, allow_volatile: bool) -> None:
        self._fd = -1
        try:
            _make(data)
            kind = filesystem_of(data)
            if kind in VOLATILE and not allow_volatile:
                raise LogError(
                    f"{data}: is on {kind}, which a power cut empties; choose a disk, or --allow-volatile for a trial"
                )
            fd = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LogError(f"{data}: {error.strerror or error}; check the folder and its owner") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(fd, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise LogLocked(f"{data}: in use by another gateway, process {holder}; stop that one first") from error
        self._fd = fd
        with contextlib.suppress(OSError):  # a full disk: the process number is only for the message above
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _make(data: Path) -> None:
    """The folder and those above it, each durable with its name. Raises OSError."""
    if data.is_dir():
        return
    _make(data.parent)
    data.mkdir(mode=0o700, exist_ok=True)
    Disk().sync_folder(data.parent)
