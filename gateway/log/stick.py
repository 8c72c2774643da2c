"""The folder of one gateway on a USB stick: a file is there whole or not at all, and was read back once.

Sticks are pulled out, full, locked, worn out, or smaller than they say: each has its own line for the technician.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from contract.piece import MAX_BYTES
from gateway import carry_texts as texts
from gateway.errors import LogError
from gateway.log.disk import Disk

_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_NO_FSYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)


class StickError(LogError):
    """The stick cannot do it; what is whole on it stays."""


class StickDisk(Disk):
    """Files that others may read, on file systems of all kinds."""

    def open_append(self, path: Path, *, create: bool) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT | os.O_TRUNC if create else 0)
        return os.open(path, flags, 0o644)

    def mkdir(self, path: Path) -> None:
        path.mkdir(mode=0o755, exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        try:
            super().sync_folder(path)
        except OSError as error:
            if error.errno not in _NO_FSYNC:  # a file system in user space that knows nothing of folders
                raise
            os.sync()

    def fresh(self, path: Path) -> bytes:
        """What the medium holds, not what the kernel remembers of it."""
        with path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return self.read_part(file.fileno(), 0, os.fstat(file.fileno()).st_size)


class Stick:
    """The folder `name` in the folder `target`, made if it is not there. Raises StickError."""

    def __init__(self, target: Path, name: str, disk: StickDisk | None = None) -> None:
        self.target, self.folder, self._disk = target, target / name, disk or StickDisk()
        if not target.is_dir():
            raise StickError(str(texts.NO_FOLDER.of(path=target)))
        with self._blamed():
            self._device = target.stat().st_dev
            self._disk.mkdir(self.folder)
            self._disk.sync_folder(target)
            for half in self.folder.glob("*.tmp"):  # of a stick that was pulled out
                self._disk.unlink(half)

    def is_beside(self, other: Path) -> bool:
        """Whether it is no stick at all but on the same disk as `other`."""
        return self._device == other.stat().st_dev

    def read(self, name: str) -> bytes:
        """What is in a file; nothing where there is none, or one that cannot be ours. Raises StickError."""
        file = self.folder / name
        with self._blamed():
            try:
                return self._disk.read(file) if file.stat().st_size <= MAX_BYTES else b""
            except FileNotFoundError:
                return b""

    def put(self, name: str, content: bytes) -> None:
        """The file holds all of `content`, on the medium, or what it held. Raises StickError."""
        file = self.folder / name
        with self._blamed():
            if self.folder.stat().st_dev != self._device:  # unmounted: what is left is the folder it was mounted on
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            self._disk.write_file(file, content)
            if self._disk.fresh(file) != content:
                raise StickError(str(texts.NOT_KEPT.of(path=self.target)))

    @contextlib.contextmanager
    def _blamed(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            said = {_FULL: texts.FULL, _READ_ONLY: texts.READ_ONLY}
            text = next((text for codes, text in said.items() if error.errno in codes), texts.GONE)
            raise StickError(str(text.of(path=self.target, reason=error.strerror or error))) from error
