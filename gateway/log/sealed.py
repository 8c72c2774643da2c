"""What is known of a segment that takes no more entries, and the index file that keeps it.

    00000000000000000001.idx    one line: what the segment holds, and the digests of its facts

The index spares the next start from reading the segment, and outlives it: the dedupe memory of entries that retention
has deleted is the indexes that stayed.
"""

import base64
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.log.disk import Disk
from gateway.log.record import INDEX, frame, line_at
from gateway.log.scan import Scan, same_epoch
from gateway.log.seen import Words


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


class Index(msgspec.Struct, frozen=True):
    """An index file."""

    logid: str
    first: int
    last: int
    prevhash: str
    lasthash: str
    newest: str
    size: int
    """Bytes of the segment when it was sealed."""
    seen: str
    """64-bit digests of the facts, little-endian, base64"""

    def digests(self) -> Words:
        """The digests of the facts. Raises ValueError."""
        return _little(array("Q", base64.b64decode(self.seen)))

    def sealed(self, path: Path) -> Sealed:
        """The segment that it speaks of."""
        return Sealed(path, self.first, self.last, self.prevhash, self.lasthash, self.newest, self.size)


_index = msgspec.json.Decoder(Index)


def from_scan(path: Path, found: Scan, size: int) -> Sealed:
    """The facts of a segment that was read from end to end."""
    return Sealed(path, found.first, found.last, found.prevhash, found.lasthash, found.newest, size)


def write_index(disk: Disk, segment: Sealed, logid: str, seen: Words) -> None:
    """Seal `segment`. Raises OSError."""
    index = Index(
        logid=logid,
        first=segment.first,
        last=segment.last,
        prevhash=segment.prevhash,
        lasthash=segment.lasthash,
        newest=segment.newest,
        size=segment.size,
        seen=base64.b64encode(_little(seen).tobytes()).decode(),
    )
    disk.write_file(segment.index_path, frame(INDEX, msgspec.json.encode(index)))


def read_index(disk: Disk, path: Path, logid: str) -> Index | None:
    """The index at `path`; None when there is none, or it is not whole, or not of this log or this segment."""
    try:
        buffer = disk.read(path)
    except OSError:
        return None
    line = line_at(buffer, 0)
    if line is None or line.tag != INDEX or line.end != len(buffer):
        return None
    try:
        index = _index.decode(line.payload)
        index.digests()
    except (msgspec.DecodeError, ValueError):
        return None
    return index if same_epoch(index.logid, logid) and path.stem == f"{index.first:020d}" else None


def _little(values: Words) -> Words:
    if sys.byteorder == "little":
        return values
    copy = array("Q", values)
    copy.byteswap()
    return copy
