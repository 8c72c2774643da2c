"""The few file operations that the log is made of. Tests put a failing or a power-cut disk in this place."""

import contextlib
import errno
import os
from pathlib import Path

from gateway.errors import LogUnwritable

_CHUNK = 1 << 20
_SECTOR = 4096  # what is read at once where the medium fails

VOLATILE = ("tmpfs", "ramfs", "devtmpfs")


class Disk:
    """Plain POSIX files. Every method that changes something raises OSError when the disk refuses."""

    def read(self, path: Path) -> bytes:
        """The whole file; sectors that the medium gives back no more are zeros. Raises OSError where it has none."""
        with path.open("rb", buffering=0) as file:
            return self.read_part(file.fileno(), 0, os.fstat(file.fileno()).st_size)

    def read_part(self, fd: int, begin: int, end: int) -> bytes:
        """The bytes from `begin` to `end`, fewer where the file is shorter."""
        parts = []
        while begin < end:
            part = self._part(fd, begin, min(_CHUNK, end - begin))
            if not part:
                break
            parts.append(part)
            begin += len(part)
        return b"".join(parts)

    def _part(self, fd: int, begin: int, size: int) -> bytes:
        try:
            return self.pread(fd, size, begin)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            if size <= _SECTOR:
                return bytes(min(size, max(os.fstat(fd).st_size - begin, 0)))
            return self._part(fd, begin, _SECTOR - begin % _SECTOR)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """At most `size` bytes at `offset`."""
        return os.pread(fd, size, offset)

    def open_append(self, path: Path, *, create: bool) -> int:
        """A descriptor that writes at the end; with `create` the file is made, or emptied."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT | os.O_TRUNC if create else 0)
        return os.open(path, flags, 0o600)

    def write(self, fd: int, data: bytes) -> None:
        """All of `data`, however many calls it takes."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def sync(self, fd: int) -> None:
        """The data and the length of the file are on the medium when this returns."""
        os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def close(self, fd: int) -> None:
        os.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def mkdir(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def rmdir(self, path: Path) -> None:
        path.rmdir()

    def sync_folder(self, path: Path) -> None:
        """New, renamed and deleted names in `path` are on the medium when this returns."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def write_file(self, path: Path, data: bytes) -> None:
        """`path` holds either what it held or all of `data`, whatever happens: temporary file, sync, rename, sync."""
        temporary = path.with_name(path.name + ".tmp")
        try:
            self._write_new(temporary, data)
            self.rename(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):  # half a file would take room on a disk that has none
                self.unlink(temporary)
            raise
        self.sync_folder(path.parent)

    def _write_new(self, path: Path, data: bytes) -> None:
        fd = self.open_append(path, create=True)
        try:
            self.write(fd, data)
            self.sync(fd)
        finally:
            self.close(fd)


def unwritable(what: str, path: Path, error: OSError) -> LogUnwritable:
    """The one-line error for a disk that refused `what`."""
    why = error.strerror or str(error)
    return LogUnwritable(f"{path}: cannot {what}: {why}; nothing of it was recorded, free or check the disk")


def filesystem_of(path: Path) -> str:
    """File-system type (`ext4`, `tmpfs`, …) that holds `path`, or "" when the kernel does not tell."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    real = str(path.resolve())
    best, kind = "", ""
    for line in mounts:
        left, _, right = line.partition(" - ")
        point = left.split()[4].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind
