"""The journal of one epoch: a folder of segments behind TinyDB's `Storage`.

Sequence and hash are part of the entries' bytes; whoever appends has chained them already (`gateway.log.log`). The
journal keeps no entry in memory: an offset for each entry of the newest segment, and the newest two older segments
that somebody read.
"""

import logging
import zlib
from bisect import bisect_right
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.errors import LogError
from gateway.log import repair
from gateway.log.chain import ChainEnd
from gateway.log.disk import Disk
from gateway.log.documents import EntriesView
from gateway.log.opening import open_folder
from gateway.log.quick import entries_as_sealed
from gateway.log.repair import Trouble
from gateway.log.scan import Header, Scan, head_of, scan_segment
from gateway.log.sealed import Sealed, from_scan, read_index, write_index
from gateway.log.seen import Seen, digest
from gateway.log.segment import Active, contents, stored

logger = logging.getLogger(__name__)

_CACHED = 2


class Journal(Storage):
    """Opens, and where needed repairs, the epoch in `folder`. Raises OSError when the disk refuses that.

    `ended`: a newer epoch has taken its place, it is only read. `troubles` collects what was found wrong, at start-up
    and later, until somebody takes it.
    """

    def __init__(
        self, folder: Path, logid: str, seen: Seen, *, disk: Disk, segment_bytes: int = 1 << 20, ended: bool = False
    ) -> None:
        self.folder, self.logid, self.seen = folder, logid, seen
        self._disk, self._segment_bytes = disk, segment_bytes
        self._cache: dict[Path, list[Stored]] = {}
        self._accepted: dict[Path, int] = {}  # checksums of damaged segments that were told already
        found = open_folder(disk, folder, logid, seen, ended=ended)
        self.troubles: list[Trouble] = found.troubles
        self._sealed, self._active, self._end = found.sealed, found.active, found.end
        self.gone = found.gone  # segments of which only the index is left, oldest first

    # What it holds

    @property
    def next(self) -> int:
        """Sequence of the next entry."""
        return self._end.sequence + 1

    @property
    def lasthash(self) -> str:
        """Hash of the newest entry."""
        return self._end.hash

    @property
    def oldest(self) -> int:
        """First sequence held; `next` when the journal is empty."""
        if self._sealed:
            return self._sealed[0].first
        return self._active.first if self._active is not None else self.next

    @property
    def sealed(self) -> list[Sealed]:
        """The segments that take no more entries, oldest first."""
        return list(self._sealed)

    @property
    def full(self) -> list[Sealed]:
        """The same without the newest segment of all, which says where the log ends."""
        return list(self._sealed if self._active is not None else self._sealed[:-1])

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return sum(s.size for s in self._sealed) + self.active_size

    @property
    def active_size(self) -> int:
        """Bytes of the segment that takes new entries."""
        return self._active.size if self._active else 0

    def count(self) -> int:
        """Entries held, counting those that a damage took."""
        return self.next - self.oldest

    # Reading

    def read_after(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` entries with a sequence above `after`, in order."""
        found: list[Stored] = []
        while len(found) < limit and after < self.next - 1:
            part, after = self._read_part(after, limit - len(found))
            found += part
        return found

    def _read_part(self, after: int, limit: int) -> tuple[list[Stored], int]:
        """Entries of the one segment that holds the next above `after`, and the sequence it has been read through."""
        at = bisect_right(self._sealed, after, key=lambda s: s.last)
        if at < len(self._sealed):
            segment = self._sealed[at]
            entries = self._entries(segment)
            start = bisect_right(entries, after, key=lambda e: e.sequence)
            part = entries[start : start + limit]
            return part, part[-1].sequence if len(part) == limit else segment.last
        if self._active is None:
            return [], self.next - 1
        part_or_none = self._active.read(after, limit)
        if part_or_none is None:
            self._retire_damaged(self._active)
            return [], after
        return part_or_none, part_or_none[-1].sequence if part_or_none else self.next - 1

    def _entries(self, segment: Sealed) -> list[Stored]:
        """What a sealed segment holds; read once, and found out when it is no longer what was sealed."""
        if segment.path not in self._cache:
            buffer = contents(self._disk, segment.path)
            entries = entries_as_sealed(buffer, segment)
            if entries is None:
                entries = self._examined(segment, buffer)
            while len(self._cache) >= _CACHED:
                self._cache.pop(next(iter(self._cache)))
            self._cache[segment.path] = entries
        return self._cache[segment.path]

    def _examined(self, segment: Sealed, buffer: bytes) -> list[Stored]:
        """What is left of a segment that does not look as it was sealed."""
        found = scan_segment(buffer, segment.first, segment.last + 1)
        if not _is_as_sealed(found, segment, buffer) and zlib.crc32(buffer) != self._accepted.get(segment.path):
            found = self._remake(segment, buffer, found)
        return [stored(line.payload) for line in found.entries]

    def hash_at(self, sequence: int) -> str | None:
        """Hash of an entry; None when it is not (or no longer) held."""
        if sequence == self.next - 1:
            return self.lasthash
        for segment in self._sealed:
            if sequence == segment.first - 1:
                return segment.prevhash or None
            if sequence == segment.last:
                return segment.lasthash or None
        if self._active is not None and sequence == self._active.first - 1:
            return self._active.prevhash
        entry = self.read_after(sequence - 1, 1)
        return entry_hash(entry[0].raw) if entry and entry[0].sequence == sequence else None

    def read(self) -> dict[str, dict[str, Any]] | None:
        """TinyDB's view: one table whose documents are read as they are asked for."""
        return {"entries": EntriesView(self)}  # type: ignore[dict-item]

    # Writing

    def append(self, raws: list[bytes]) -> None:
        """Append chained entries; durable when it returns. Raises OSError, and then none of them counts."""
        if not raws:
            return
        heads = [head_of(raw) for raw in raws]
        if int(heads[0].sequence) != self.next:
            raise LogError(f"{self.folder}: entry {heads[0].sequence} does not follow {self.next - 1}")
        active = self._room()
        digests = [digest(head.source, head.id) for head in heads]
        active.append(raws, digests, entry_hash(raws[-1]), heads[-1].recordedtime)
        self._end = ChainEnd(active.last, active.lasthash)
        self.seen.update(digests)

    def _room(self) -> Active:
        """The segment for the next entry; a full or tainted one is sealed first."""
        active = self._active
        if active is not None and (active.tainted or active.size >= self._segment_bytes):
            self.seal()
        if self._active is None:
            header = Header(self.logid, self.next, self.lasthash)
            self._active = Active.create(self._disk, self.folder, header)
        return self._active

    def seal(self) -> None:
        """Take no more entries into the newest segment. Raises OSError."""
        active = self._active
        if active is None:
            return
        if active.offsets:
            self._sealed.append(active.seal(self.logid))
        else:
            self._disk.unlink(active.path)
        self._active = None
        active.close()

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """TinyDB's way to rewrite everything. Raises LogError."""
        del data
        raise LogError("the log is append-only: entries are never changed")

    # Space

    def drop(self, segment: Sealed) -> None:
        """Delete a whole segment; its index stays as memory of its facts. Raises OSError."""
        if read_index(self._disk, segment.index_path, self.logid) is None:
            found = scan_segment(contents(self._disk, segment.path), segment.first, segment.last + 1)
            write_index(self._disk, segment, self.logid, found.seen)
        self._disk.unlink(segment.path)
        self._disk.sync_folder(self.folder)
        self._sealed.remove(segment)
        self._cache.pop(segment.path, None)
        self._accepted.pop(segment.path, None)
        self.gone.append(segment)

    @property
    def remembered(self) -> int:
        """Facts in the dedupe memory, by the entries that are or were here."""
        return self.count() + sum(segment.last - segment.first + 1 for segment in self.gone)

    def forget_oldest(self) -> int:
        """Delete the oldest index whose segment is gone; how many facts it held. Raises OSError."""
        segment = self.gone[0]
        self._disk.unlink(segment.index_path)
        self.gone.pop(0)
        return segment.last - segment.first + 1

    def close(self) -> None:
        if self._active is not None:
            self._active.close()

    # Damage found while it runs

    def _retire_damaged(self, active: Active) -> None:
        """The newest segment was changed under us: keep what is good, go on in a new one."""
        segment = active.as_sealed()
        self._active = None
        self._sealed.append(segment)
        active.close()
        buffer = contents(self._disk, segment.path)
        self._remake(segment, buffer, scan_segment(buffer, segment.first, segment.last + 1))

    def _remake(self, segment: Sealed, buffer: bytes, found: Scan) -> Scan:
        """Mend a segment that is no longer what was sealed, and tell."""
        found.should_end(segment.last, segment.lasthash)
        if segment.prevhash and found.prevhash not in ("", segment.prevhash):
            found.breaks.insert(0, segment.first)
        found.prevhash = found.prevhash or segment.prevhash
        mended = repair.mend(self._disk, segment.path, buffer, found, self.logid)
        self.troubles += mended.troubles
        remade = from_scan(segment.path, found, segment.size)
        # The chain goes on from what was sealed: later entries name that hash, whatever became of the file.
        remade.last, remade.lasthash, remade.newest = segment.last, segment.lasthash, segment.newest
        if mended.settled:
            after = contents(self._disk, segment.path)
            remade.size, self._accepted[segment.path] = len(after), zlib.crc32(after)
            self._try_index(remade, found)
        self._sealed[self._sealed.index(segment)] = remade
        return found

    def _try_index(self, segment: Sealed, found: Scan) -> None:
        """An index that cannot be written now is made at the next start."""
        try:
            write_index(self._disk, segment, self.logid, found.seen)
        except OSError as error:
            logger.warning("%s: no index: %s", segment.path, error.strerror)


def _is_as_sealed(found: Scan, segment: Sealed, buffer: bytes) -> bool:
    return (
        found.whole
        and (found.last, found.lasthash) == (segment.last, segment.lasthash)
        and (found.prevhash, len(buffer)) == (segment.prevhash, segment.size)
    )
