"""Segments: files of bounded size that hold consecutive entries.

00000000000000000001.log    header line, then a line an entry; only ever appended to
"""

import re
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.log.disk import Disk
from gateway.log.record import ENTRY, HEADER, frame, line_at, payloads
from gateway.log.scan import Header, Scan, entry_of, head_of, header_of
from gateway.log.sealed import Sealed, write_index
from gateway.log.seen import Words

HEADER_ROOM = 512  # bytes: a file that never held more than its header never held an entry

_NAME = re.compile(r"[0-9]{20}")


def segment_path(folder: Path, first: int) -> Path:
    """The file of the segment that starts with sequence `first`."""
    return folder / f"{first:020d}.log"


def numbered(folder: Path, suffix: str) -> list[int]:
    """The numbers of all files of ours with that suffix (`.log`, `.idx`), in order."""
    return sorted(int(path.stem) for path in folder.glob(f"*{suffix}") if _NAME.fullmatch(path.stem) and path.is_file())


def read_header(disk: Disk, path: Path) -> Header | None:
    """The header of a segment; None when the file does not start with one. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        line = line_at(disk.read_part(file.fileno(), 0, HEADER_ROOM), 0)
    return header_of(line.payload) if line is not None and line.tag == HEADER else None


def contents(disk: Disk, path: Path) -> bytes:
    """The bytes of a segment; none when somebody deleted it. Raises OSError."""
    try:
        return disk.read(path)
    except FileNotFoundError:
        return b""


def stored(raw: bytes) -> Stored:
    """An entry with the two attributes that everybody asks for."""
    head = head_of(raw)
    return Stored(int(head.sequence), head.kind, raw)


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
        """A new, empty segment, durable with its name. Raises OSError."""
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
    def adopt(cls, disk: Disk, path: Path, found: Scan) -> "Active":
        """Go on with a segment found whole at start-up, all of it and its name on the medium. Raises OSError.

        Whoever wrote it may have been killed before his own sync: what is found here counts as recorded from now on.
        """
        fd = disk.open_append(path, create=False)
        try:
            disk.sync(fd)
            disk.sync_folder(path.parent)
        except OSError:
            disk.close(fd)
            raise
        offsets = array("Q", (line.offset for line in found.entries))
        return cls(
            disk=disk,
            path=path,
            fd=fd,
            first=found.first,
            prevhash=found.prevhash,
            lasthash=found.lasthash,
            size=found.good_end,
            newest=found.newest,
            offsets=offsets,
            seen=found.seen,
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
        # One more on either side: an entry is as it was written when the next one names its hash.
        lead, trail = max(start - 1, 0), min(stop + 1, len(self.offsets))
        try:
            entries = self._chained(self._between(lead, trail), lead)
        except FileNotFoundError:
            return None
        return entries[start - lead : stop - lead] if len(entries) == trail - lead else None

    def _between(self, start: int, stop: int) -> bytes:
        end = self.offsets[stop] if stop < len(self.offsets) else self.size
        with self.path.open("rb", buffering=0) as file:
            return self.disk.read_part(file.fileno(), self.offsets[start], end)

    def _chained(self, buffer: bytes, start: int) -> list[Stored]:
        """The entries in `buffer`, which starts with number `start`, as far as each continues the one before."""
        entries: list[Stored] = []
        prevhash = self.prevhash if start == 0 else ""
        for raw in payloads(buffer):
            found = entry_of(raw)
            if found is None or found.sequence != self.first + start + len(entries):
                break
            if prevhash not in ("", found.head.prevhash):
                break
            entries.append(Stored(found.sequence, found.head.kind, raw))
            prevhash = entry_hash(raw)
        if start + len(entries) == len(self.offsets) and prevhash != self.lasthash:
            return []
        return entries

    def seal(self, logid: str) -> Sealed:
        """Close for good. Raises OSError; the segment stays usable for reading then."""
        segment = self.as_sealed()
        write_index(self.disk, segment, logid, self.seen)
        return segment

    def as_sealed(self) -> Sealed:
        return Sealed(self.path, self.first, self.last, self.prevhash, self.lasthash, self.newest, self.size)

    def close(self) -> None:
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            self.disk.close(fd)
