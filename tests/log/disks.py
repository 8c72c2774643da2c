"""Disks with bad habits: one that refuses, and one that remembers what a power cut could leave of it.

They take the place of `gateway.log.disk.Disk`, the lowest layer; the files are real.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.log.disk import Disk


class UnsyncedDisk(Disk):
    """Leaves out the waiting for the medium, where a test does not cut the current."""

    def sync(self, fd: int) -> None:
        pass

    def sync_folder(self, path: Path) -> None:
        assert path.is_dir()


class FaultyDisk(UnsyncedDisk):
    """Refuses the operation number `at` (the first is 1), and with `lasting` all that follow, until `heal`.

    A write that is refused has written half of its bytes before. Without `at` it only counts. `only`: the method that
    counts, instead of all.
    """

    def __init__(self, at: int = 0, code: int = errno.EIO, *, lasting: bool = False, only: str = "") -> None:
        self.at, self.code, self.lasting, self.only = at, code, lasting, only
        self.count, self.refused = 0, 0

    def heal(self) -> None:
        """Refuse nothing more."""
        self.at = 0

    def _step(self, method: str) -> None:
        if self.only not in ("", method):
            return
        self.count += 1
        if self.at and (self.count == self.at or (self.lasting and self.count > self.at)):
            self.refused += 1
            raise OSError(self.code, os.strerror(self.code))

    def open_append(self, path: Path, *, create: bool) -> int:
        self._step("open_append")
        return super().open_append(path, create=create)

    def write(self, fd: int, data: bytes) -> None:
        try:
            self._step("write")
        except OSError:
            super().write(fd, data[: len(data) // 2])
            raise
        super().write(fd, data)

    def sync(self, fd: int) -> None:
        self._step("sync")
        super().sync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._step("truncate")
        super().truncate(fd, size)

    def rename(self, old: Path, new: Path) -> None:
        self._step("rename")
        super().rename(old, new)

    def unlink(self, path: Path) -> None:
        self._step("unlink")
        super().unlink(path)

    def mkdir(self, path: Path) -> None:
        self._step("mkdir")
        super().mkdir(path)

    def rmdir(self, path: Path) -> None:
        self._step("rmdir")
        super().rmdir(path)

    def sync_folder(self, path: Path) -> None:
        self._step("sync_folder")
        super().sync_folder(path)


class BadSectors(UnsyncedDisk):
    """Gives back nothing of certain ranges of certain files: EIO, as a worn card does."""

    def __init__(self) -> None:
        self.bad: dict[int, range] = {}

    def spoil(self, path: Path, sectors: range) -> None:
        """The 4096-byte sectors of `path` that cannot be read."""
        self.bad[path.stat().st_ino] = sectors

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        bad = self.bad.get(os.fstat(fd).st_ino, range(0))
        if any(sector in bad for sector in range(offset // 4096, (offset + size - 1) // 4096 + 1)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().pread(fd, size, offset)


@dataclass
class File:
    """What the medium holds of a file, and what was done to it since the last sync."""

    durable: bytes = b""
    pending: list[Callable[[bytes], bytes]] = field(default_factory=list)
    written: list[tuple[int, int]] = field(default_factory=list)
    """Ranges that were written since the last sync."""


@dataclass
class Folder:
    """The same of a folder: names that are on the medium, and changes of names since."""

    durable: dict[str, "Node"] = field(default_factory=dict)
    pending: list[Callable[[dict[str, "Node"]], None]] = field(default_factory=list)


Node = File | Folder


class RecordingDisk(UnsyncedDisk):
    """Does everything for real, and keeps each step, so that `Replay` can tell what a cut after it leaves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps: list[Callable[[Replay], None]] = []
        self._names: dict[int, str] = {}
        self.before = _snapshot(root)

    def note(self, step: "Callable[[Replay], None]") -> None:
        """Something of a test's own that happened here."""
        self.steps.append(step)

    def _rel(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    def open_append(self, path: Path, *, create: bool) -> int:
        existed = path.exists()
        fd = super().open_append(path, create=create)
        name = self._rel(path)
        if create and existed:
            self.steps.append(lambda replay: replay.change(name, lambda _: b""))
        elif create:
            self.steps.append(lambda replay: replay.make(name, File()))
        self.steps.append(lambda replay: replay.open(fd, name))
        return fd

    def write(self, fd: int, data: bytes) -> None:
        super().write(fd, data)
        self.steps.append(lambda replay: replay.write(fd, data))

    def sync(self, fd: int) -> None:
        super().sync(fd)
        self.steps.append(lambda replay: replay.sync(fd))

    def truncate(self, fd: int, size: int) -> None:
        super().truncate(fd, size)
        self.steps.append(lambda replay: replay.truncate(fd, size))

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        one, other = self._rel(old), self._rel(new)
        self.steps.append(lambda replay: replay.rename(one, other))

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        name = self._rel(path)
        self.steps.append(lambda replay: replay.remove(name))

    def mkdir(self, path: Path) -> None:
        existed = path.exists()
        super().mkdir(path)
        name = self._rel(path)
        if not existed:
            self.steps.append(lambda replay: replay.make(name, Folder()))

    def rmdir(self, path: Path) -> None:
        super().rmdir(path)
        name = self._rel(path)
        self.steps.append(lambda replay: replay.remove(name))

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        name = self._rel(path)
        self.steps.append(lambda replay: replay.sync_folder(name))


class FaultyRecorder(FaultyDisk, RecordingDisk):
    """Refuses as the one and remembers as the other: what a refused operation did is on the way to the medium, too."""

    def __init__(self, root: Path, at: int, code: int, *, lasting: bool) -> None:
        RecordingDisk.__init__(self, root)
        FaultyDisk.__init__(self, at, code, lasting=lasting)


class Killed(BaseException):
    """The process ends here."""


class KillingRecorder(RecordingDisk):
    """Ends the process before operation number `at` (a write: in the middle of it), and remembers all of it."""

    def __init__(self, root: Path, at: int) -> None:
        super().__init__(root)
        self.at, self.count = at, 0

    def _step(self) -> None:
        self.count += 1
        if self.count == self.at:
            raise Killed

    def open_append(self, path: Path, *, create: bool) -> int:
        self._step()
        return super().open_append(path, create=create)

    def write(self, fd: int, data: bytes) -> None:
        try:
            self._step()
        except Killed:
            super().write(fd, data[: len(data) // 2])
            raise
        super().write(fd, data)

    def sync(self, fd: int) -> None:
        self._step()
        super().sync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._step()
        super().truncate(fd, size)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)

    def sync_folder(self, path: Path) -> None:
        self._step()
        super().sync_folder(path)


class Replay:
    """The medium after the first `steps` of a recording: what is durable, and what is pending."""

    def __init__(self, disk: RecordingDisk, steps: int) -> None:
        self.root = _tree(disk.before)
        self.facts: list[object] = []
        self._live: dict[str, Node] = {}
        self._learn("", self.root)
        self._open: dict[int, File] = {}
        for step in disk.steps[:steps]:
            step(self)

    def _learn(self, prefix: str, node: Node) -> None:
        self._live[prefix or "."] = node
        if isinstance(node, Folder):
            for name, child in node.durable.items():
                self._learn(f"{prefix}/{name}" if prefix else name, child)

    def _parent(self, name: str) -> tuple[Folder, str]:
        parent, _, last = name.rpartition("/")
        folder = self._live[parent or "."]
        assert isinstance(folder, Folder)
        return folder, last

    def make(self, name: str, node: Node) -> None:
        folder, last = self._parent(name)
        self._live[name] = node
        folder.pending.append(lambda names: names.update({last: node}))

    def remove(self, name: str) -> None:
        if self._live.pop(name, None) is not None:
            folder, last = self._parent(name)
            folder.pending.append(lambda names: names.pop(last, None) and None)

    def rename(self, old: str, new: str) -> None:
        folder, last = self._parent(old)
        node, into = self._live[old], self._parent(new)[1]
        for name in [n for n in self._live if n == old or n.startswith(old + "/")]:
            self._live[new + name[len(old) :]] = self._live.pop(name)

        def change(names: dict[str, Node]) -> None:
            names.pop(last, None)
            names[into] = node

        folder.pending.append(change)

    def sync_folder(self, name: str) -> None:
        folder = self._live[name]
        assert isinstance(folder, Folder)
        for change in folder.pending:
            change(folder.durable)
        folder.pending.clear()

    def open(self, fd: int, name: str) -> None:
        node = self._live[name]
        assert isinstance(node, File)
        self._open[fd] = node

    def change(self, name: str, change: Callable[[bytes], bytes]) -> None:
        node = self._live[name]
        assert isinstance(node, File)
        node.pending.append(change)

    def write(self, fd: int, data: bytes) -> None:
        file = self._open[fd]
        end = len(_all(file))
        file.written.append((end, end + len(data)))
        file.pending.append(lambda content: content + data)

    def truncate(self, fd: int, size: int) -> None:
        self._open[fd].pending.append(lambda content: content[:size])

    def sync(self, fd: int) -> None:
        file = self._open[fd]
        file.durable = _all(file)
        file.pending.clear()
        file.written.clear()


def _all(file: File) -> bytes:
    content = file.durable
    for change in file.pending:
        content = change(content)
    return content


def _snapshot(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes() for path in sorted(root.rglob("*"))
    }


def _tree(snapshot: dict[str, bytes | None]) -> Folder:
    root = Folder()
    for name, content in snapshot.items():
        *above, last = name.split("/")
        folder = root
        for part in above:
            child = folder.durable[part]
            assert isinstance(child, Folder)
            folder = child
        folder.durable[last] = Folder() if content is None else File(content)
    return root


class Chance:
    """Decides what of the pending survives; a test gives it hypothesis, or an extreme."""

    def __init__(self, flip: Callable[[], bool], number: Callable[[int], int]) -> None:
        self.flip, self.number = flip, number


ALL = Chance(lambda: True, lambda most: most)
NOTHING = Chance(lambda: False, lambda most: 0)
BLOCK = 512


def leave(replay: Replay, into: Path, chance: Chance) -> None:
    """Write what a power cut leaves: everything durable, and of what is pending as much as `chance` has it."""
    _leave_folder(replay.root, into, chance)


def _leave_folder(folder: Folder, into: Path, chance: Chance) -> None:
    names = dict(folder.durable)
    for change in folder.pending:
        if chance.flip():
            change(names)
    into.mkdir(exist_ok=True)
    for name, node in names.items():
        if isinstance(node, Folder):
            _leave_folder(node, into / name, chance)
        else:
            (into / name).write_bytes(_leave_file(node, chance))


def _leave_file(file: File, chance: Chance) -> bytes:
    """A prefix of what was done; of what was appended last a part of the bytes, in some of whose blocks there are zeros
    or what was there before."""
    if not file.pending:
        return file.durable
    content = file.durable
    for change in file.pending[: chance.number(len(file.pending))]:
        content = change(content)
    shortest = min([len(content), *(begin for begin, _ in file.written)])
    content = content[: shortest + chance.number(len(content) - shortest)]
    buffer = bytearray(content)
    for begin in range(shortest, len(buffer), BLOCK):
        end = min(begin + BLOCK, len(buffer))
        block = (file.durable[begin:end], b"", content[begin:end])[chance.number(2)]
        buffer[begin:end] = block.ljust(end - begin, b"\0")
    return bytes(buffer)
