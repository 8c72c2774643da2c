"""The sealed segments of an epoch: read as a whole, the last two kept in memory, and no longer trusted blindly.

Whatever became of a file since it was sealed is found out when it is read: what is wrong is mended as far as the disk
lets it, told once, and what is good is read all the same.
"""

import logging
import zlib
from bisect import bisect_right
from pathlib import Path

from gateway.entries import Stored
from gateway.log import repair
from gateway.log.disk import Disk
from gateway.log.repair import Trouble
from gateway.log.scan import Scan, scan_segment
from gateway.log.sealed import Sealed, from_scan, read_index, write_index
from gateway.log.segment import contents, stored

logger = logging.getLogger(__name__)

_CACHED = 2


class Archive:
    """`sealed`, oldest first, and `gone`: those of which only the index is left. `troubles` collects what is wrong."""

    def __init__(self, disk: Disk, logid: str, sealed: list[Sealed], gone: list[Sealed]) -> None:
        self._disk, self._logid = disk, logid
        self.sealed, self.gone = sealed, gone
        self.troubles: list[Trouble] = []
        self._cache: dict[Path, list[Stored]] = {}
        self._accepted: dict[Path, int] = {}  # checksums of damaged segments that were told already

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return sum(segment.size for segment in self.sealed)

    # Reading

    def read_after(self, after: int, limit: int) -> tuple[list[Stored], int] | None:
        """Entries of the one segment that holds the next above `after`, at most `limit`, and the sequence it has been
        read through; None when there is no such segment. Raises OSError."""
        at = bisect_right(self.sealed, after, key=lambda segment: segment.last)
        if at == len(self.sealed):
            return None
        segment = self.sealed[at]
        entries = self._entries(segment)
        start = bisect_right(entries, after, key=lambda entry: entry.sequence)
        part = entries[start : start + limit]
        return part, part[-1].sequence if len(part) == limit else segment.last

    def _entries(self, segment: Sealed) -> list[Stored]:
        if segment.path not in self._cache:
            buffer = contents(self._disk, segment.path)
            found = scan_segment(buffer, segment.first, segment.last + 1)
            if not _is_as_sealed(found, segment, buffer) and zlib.crc32(buffer) != self._accepted.get(segment.path):
                found = self._remake(segment, buffer, found)
            while len(self._cache) >= _CACHED:
                self._cache.pop(next(iter(self._cache)))
            self._cache[segment.path] = [stored(line.payload) for line in found.entries]
        return self._cache[segment.path]

    def hash_beside(self, sequence: int) -> str | None:
        """Hash of an entry at either end of a segment; None when it is at none."""
        for segment in self.sealed:
            if sequence == segment.first - 1:
                return segment.prevhash or None
            if sequence == segment.last:
                return segment.lasthash or None
        return None

    # Damage

    def take_damaged(self, segment: Sealed) -> None:
        """Take in a segment that is known not to hold what was written to it."""
        self.sealed.append(segment)
        buffer = contents(self._disk, segment.path)
        self._remake(segment, buffer, scan_segment(buffer, segment.first, segment.last + 1))

    def _remake(self, segment: Sealed, buffer: bytes, found: Scan) -> Scan:
        """Mend a segment that is no longer what was sealed, and tell."""
        found.should_end(segment.last, segment.lasthash)
        if segment.prevhash and found.prevhash not in ("", segment.prevhash):
            found.breaks.insert(0, segment.first)
        found.prevhash = found.prevhash or segment.prevhash
        mended = repair.mend(self._disk, segment.path, buffer, found, self._logid)
        self.troubles += mended.troubles
        remade = from_scan(segment.path, found, segment.size)
        # The chain goes on from what was sealed: later entries name that hash, whatever became of the file.
        remade.last, remade.lasthash, remade.newest = segment.last, segment.lasthash, segment.newest
        if mended.settled:
            after = contents(self._disk, segment.path)
            remade.size, self._accepted[segment.path] = len(after), zlib.crc32(after)
            self._try_index(remade, found)
        self.sealed[self.sealed.index(segment)] = remade
        return found

    def _try_index(self, segment: Sealed, found: Scan) -> None:
        """An index that cannot be written now is made at the next start."""
        try:
            write_index(self._disk, segment, self._logid, found.seen)
        except OSError as error:
            logger.warning("%s: no index: %s", segment.path, error.strerror)

    # Space

    def drop(self, segment: Sealed) -> None:
        """Delete a whole segment; its index stays as memory of its facts. Raises OSError."""
        if read_index(self._disk, segment.index_path, self._logid) is None:
            found = scan_segment(contents(self._disk, segment.path), segment.first, segment.last + 1)
            write_index(self._disk, segment, self._logid, found.seen)
        self._disk.unlink(segment.path)
        self._disk.sync_folder(segment.path.parent)
        self.sealed.remove(segment)
        self._cache.pop(segment.path, None)
        self._accepted.pop(segment.path, None)
        self.gone.append(segment)

    def forget_oldest(self) -> int:
        """Delete the oldest index whose segment is gone; how many facts it held. Raises OSError."""
        segment = self.gone[0]
        self._disk.unlink(segment.index_path)
        self.gone.pop(0)
        return segment.last - segment.first + 1


def _is_as_sealed(found: Scan, segment: Sealed, buffer: bytes) -> bool:
    return (
        found.whole
        and (found.last, found.lasthash) == (segment.last, segment.lasthash)
        and (found.prevhash, len(buffer)) == (segment.prevhash, segment.size)
    )
