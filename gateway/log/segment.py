"""Segments: files of bounded size that hold consecutive entries, and the index that seals one.

    00000000000000000001.log    header line, then a line an entry; only ever appended to
    00000000000000000001.idx    written when the segment is full: what it holds, and the digests of its facts

The index spares the next start from reading the segment, and outlives it: the dedupe memory of entries that
retention has deleted is the indexes that stayed.
"""

import base64
import sys
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.entries import Stored
from gateway.log.disk import Disk
from gateway.log.record import ENTRY, HEADER, INDEX, frame, line_at, payloads
from gateway.log.scan import Header, Scan, head_of
from gateway.log.seen import Words


def segment_path(folder: Path, first: int) -> Path:
    """The file of the segment that starts with sequence `first`."""
    return folder / f"{first:020d}.log"


class Index(msgspec.Struct, frozen=True):
    """What a sealed segment holds."""

    logid: str
    first: int
    last: int
    prevhash: str
    lasthash: str
    newest: str
    size: int
    seen: str
    """64-bit digests of the facts, little-endian, base64"""

    def digests(self) -> Words:
        values = array("Q", base64.b64decode(self.seen))
        return values if sys.byteorder == "little" else _swapped(values)


_index = msgspec.json.Decoder(Index)


@dataclass(slots=True)
class Sealed:
    """A segment that takes no more entries."""

    path: Path
    first: int
    last: int
    prevhash: str
    lasthash: str
    newest: str
    size: int

    @property
    def index_path(self) -> Path:
        return self.path.with_suffix(".idx")


def stored(raw: bytes) -> Stored:
    """An entry with the two attributes that everybody asks for."""
    head = head_of(raw)
    return Stored(int(head.sequence), head.kind, raw)


def sealed_from_scan(path: Path, result: Scan, size: int) -> Sealed:
    """The facts of a segment that was read from end to end."""
    return Sealed(path, result.first, result.last, result.prevhash, result.lasthash, result.newest, size)


def write_index(disk: Disk, segment: Sealed, logid: str, seen: Words) -> None:
    """Seal `segment`. Raises OSError."""
    values = seen if sys.byteorder == "little" else _swapped(seen)
    index = Index(
        logid=logid,
        first=segment.first,
        last=segment.last,
        prevhash=segment.prevhash,
        lasthash=segment.lasthash,
        newest=segment.newest,
        size=segment.size,
        seen=base64.b64encode(values.tobytes()).decode(),
    )
    disk.write_file(segment.index_path, frame(INDEX, msgspec.json.encode(index)))


def read_index(path: Path) -> Index | None:
    """The index at `path`; None when there is none or it is not whole."""
    try:
        buffer = path.read_bytes()
    except FileNotFoundError:
        return None
    line = line_at(buffer, 0)
    if line is None or line.tag != INDEX or line.end != len(buffer):
        return None
    try:
        return _index.decode(line.payload)
    except msgspec.DecodeError:
        return None


@dataclass(slots=True)
class Active:
    """The segment that takes new entries. Not thread-safe: the log's lock guards it."""

    disk: Disk
    path: Path
    fd: int
    first: int
    prevhash: str
    lasthash: str
    size: int
    newest: str = ""
    tainted: bool = False
    offsets: Words = field(default_factory=lambda: array("Q"))
    seen: Words = field(default_factory=lambda: array("Q"))

    @classmethod
    def create(cls, disk: Disk, folder: Path, header: Header) -> "Active":
        """A new, empty segment, durable with its name. Raises OSError, and leaves no file behind then."""
        path = segment_path(folder, header.first)
        line = frame(HEADER, msgspec.json.encode(header))
        fd = disk.open_append(path, create=True)
        try:
            disk.write(fd, line)
            disk.sync(fd)
            disk.sync_folder(folder)
        except OSError:
            disk.close(fd)
            disk.unlink(path)
            raise
        return cls(disk, path, fd, header.first, header.prevhash, header.prevhash, len(line))

    @classmethod
    def adopt(cls, disk: Disk, path: Path, result: Scan) -> "Active":
        """Go on with a segment found whole at start-up. Raises OSError."""
        fd = disk.open_append(path, create=False)
        offsets = array("Q", (line.offset for line in result.entries))
        return cls(
            disk=disk,
            path=path,
            fd=fd,
            first=result.first,
            prevhash=result.prevhash,
            lasthash=result.lasthash,
            size=result.good_end,
            newest=result.newest,
            offsets=offsets,
            seen=result.seen,
        )

    @property
    def last(self) -> int:
        return self.first + len(self.offsets) - 1

    def append(self, raws: list[bytes], seen: list[int], lasthash: str, newest: str) -> None:
        """Write and sync. On OSError nothing of it counts, and the file is cut back.

        Where the disk refuses even that, `tainted` says so: the next entry must go to a new segment.
        """
        lines = [frame(ENTRY, raw) for raw in raws]
        try:
            self.disk.write(self.fd, b"".join(lines))
            self.disk.sync(self.fd)
        except OSError:
            self._take_back()
            raise
        for line in lines:
            self.offsets.append(self.size)
            self.size += len(line)
        self.seen.extend(seen)
        self.lasthash, self.newest = lasthash, newest

    def _take_back(self) -> None:
        try:
            self.disk.truncate(self.fd, self.size)
            self.disk.sync(self.fd)
        except OSError:
            self.tainted = True

    def read(self, after: int, limit: int) -> list[Stored] | None:
        """At most `limit` entries above `after`; None when the file no longer holds what was written to it."""
        start = max(after + 1 - self.first, 0)
        stop = min(start + limit, len(self.offsets))
        if start >= stop:
            return []
        begin = self.offsets[start]
        end = self.offsets[stop] if stop < len(self.offsets) else self.size
        with self.path.open("rb") as file:
            file.seek(begin)
            buffer = file.read(end - begin)
        entries = [stored(raw) for raw in payloads(buffer)]
        return entries if len(entries) == stop - start else None

    def seal(self, logid: str) -> Sealed:
        """Close for good. Raises OSError; the segment stays usable for reading then."""
        segment = self.as_sealed()
        write_index(self.disk, segment, logid, self.seen)
        return segment

    def as_sealed(self) -> Sealed:
        return Sealed(self.path, self.first, self.last, self.prevhash, self.lasthash, self.newest, self.size)

    def close(self) -> None:
        if self.fd >= 0:
            self.disk.close(self.fd)
            self.fd = -1


def _swapped(values: Words) -> Words:
    copy = array("Q", values)
    copy.byteswap()
    return copy
