"""The journal of one epoch: a folder of segments behind TinyDB's `Storage`.

Sequence and hash are part of the entries' bytes; whoever appends has chained them already (`gateway.log.log`). The
journal keeps no entry in memory: an offset for each entry of the newest segment, and the newest two older segments
that somebody read.
"""

import itertools
import logging
from bisect import bisect_right
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from contract.chain import GENESIS, entry_hash
from gateway.entries import Stored
from gateway.errors import LogError
from gateway.log import repair
from gateway.log.disk import Disk
from gateway.log.documents import EntriesView
from gateway.log.repair import Trouble
from gateway.log.scan import Header, Scan, head_of, scan_segment
from gateway.log.seen import Seen, digest
from gateway.log.segment import Active, Sealed, read_index, sealed_from_scan, segment_path, stored, write_index

logger = logging.getLogger(__name__)

_CACHED = 2


class Journal(Storage):
    """Opens, and where needed repairs, the epoch in `folder`. Raises OSError when the disk refuses that.

    `troubles` collects what was found wrong, at start-up and later, until somebody takes it.
    """

    def __init__(self, folder: Path, logid: str, seen: Seen, *, disk: Disk, segment_bytes: int = 1 << 20) -> None:
        self.folder, self.logid, self.seen = folder, logid, seen
        self.troubles: list[Trouble] = []
        self._disk, self._segment_bytes = disk, segment_bytes
        self._sealed: list[Sealed] = []
        self._active: Active | None = None
        self._cache: dict[Path, list[Stored]] = {}
        self._known_ends: dict[Path, str] = {}
        repair.finish(disk, folder)
        self._load()

    # What it holds

    @property
    def next(self) -> int:
        """Sequence of the next entry."""
        if self._active is not None:
            return self._active.last + 1
        return self._sealed[-1].last + 1 if self._sealed else 1

    @property
    def lasthash(self) -> str:
        """Hash of the newest entry."""
        if self._active is not None:
            return self._active.lasthash
        return self._sealed[-1].lasthash if self._sealed else GENESIS

    @property
    def oldest(self) -> int:
        """First sequence held; `next` when the journal is empty."""
        if self._sealed:
            return self._sealed[0].first
        return self._active.first if self._active is not None else 1

    @property
    def sealed(self) -> list[Sealed]:
        """The segments that take no more entries, oldest first."""
        return list(self._sealed)

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
        """Entries of the one segment that holds `after` + 1, and the sequence it has been read through."""
        at = bisect_right(self._sealed, after + 1, key=lambda s: s.first) - 1
        segment = self._sealed[max(at, 0)] if self._sealed else None
        if segment is not None and after < segment.last:
            entries = self._entries(segment)
            start = bisect_right(entries, after, key=lambda e: e.sequence)
            part = entries[start : start + limit]
            return part, part[-1].sequence if len(part) == limit else segment.last
        if self._active is None:
            return [], self.next - 1
        part_or_none = self._active.read(after, limit)
        if part_or_none is None:
            self._retire_damaged()
            return [], after
        return part_or_none, part_or_none[-1].sequence if part_or_none else self.next - 1

    def hash_at(self, sequence: int) -> str | None:
        """Hash of an entry; None when it is not (or no longer) held."""
        if sequence == self.next - 1:
            return self.lasthash
        for segment in self._sealed:
            if sequence == segment.first - 1:
                return segment.prevhash
            if sequence == segment.last:
                return segment.lasthash
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
        active.close()
        self._active = None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """TinyDB's way to rewrite everything. Raises LogError."""
        del data
        raise LogError("the log is append-only: entries are never changed")

    def drop(self, segment: Sealed) -> None:
        """Delete a whole segment; its index stays as memory of its facts. Raises OSError."""
        self._disk.unlink(segment.path)
        self._disk.sync_folder(self.folder)
        self._sealed.remove(segment)
        self._cache.pop(segment.path, None)

    def close(self) -> None:
        if self._active is not None:
            self._active.close()

    # Start-up and damage

    def _load(self) -> None:
        firsts = sorted(int(path.stem) for path in self.folder.glob("*.log"))
        for first, following in itertools.zip_longest(firsts, firsts[1:]):
            self._load_segment(segment_path(self.folder, first), first, following)

    def _load_segment(self, path: Path, first: int, following: int | None) -> None:
        index = read_index(path.with_suffix(".idx"))
        if index is not None and index.size == path.stat().st_size and index.logid == self.logid:
            self._sealed.append(
                Sealed(path, index.first, index.last, index.prevhash, index.lasthash, index.newest, index.size)
            )
            self.seen.update(index.digests())
            return
        found, touched = self._examine(path, first, following)
        self.seen.update(found.seen)
        if following is None and not touched and found.header is not None:
            self._active = Active.adopt(self._disk, path, found)
        elif found.entries:
            self._sealed.append(self._seal_scanned(path, found))
        else:
            self._disk.unlink(path)

    def _examine(self, path: Path, first: int, following: int | None) -> tuple[Scan, bool]:
        """Read a segment from end to end, mend what is wrong; whether its lines are not those that were written."""
        buffer = path.read_bytes()
        found = scan_segment(buffer, first, following)
        before = self._sealed[-1] if self._sealed else None
        found.prevhash = found.prevhash or (before.lasthash if before else GENESIS)
        found.lasthash = found.lasthash or found.prevhash
        if before is not None and before.last + 1 < first:
            found.lost.insert(0, (before.last + 1, first - 1))
        try:
            return self._mend(path, buffer, found)
        except OSError as error:
            # A full or read-only disk must not keep the gateway from starting: what is good can be read all the same.
            logger.error("%s: damaged, and the disk refuses to mend it: %s", path, error.strerror)
            return found, True

    def _mend(self, path: Path, buffer: bytes, found: Scan) -> tuple[Scan, bool]:
        trouble = repair.cut_tail(self._disk, path, buffer, found)
        self.troubles += [trouble] if trouble else []
        if found.damages or (found.header is None and found.entries):
            self.troubles.append(repair.salvage(self._disk, path, buffer, found, self.logid))
            return found, True
        edited = repair.altered(path, found)
        self.troubles += [edited] if edited else []
        return found, edited is not None

    def _seal_scanned(self, path: Path, found: Scan) -> Sealed:
        segment = sealed_from_scan(path, found, path.stat().st_size)
        self._try_index(segment, found)
        return segment

    def _try_index(self, segment: Sealed, found: Scan) -> None:
        """An index that cannot be written now is made at the next start."""
        try:
            write_index(self._disk, segment, self.logid, found.seen)
        except OSError as error:
            logger.warning("%s: no index: %s", segment.path, error.strerror)

    def _entries(self, segment: Sealed) -> list[Stored]:
        """What a sealed segment holds; read once, and found out when it is no longer what was sealed."""
        if segment.path not in self._cache:
            buffer = segment.path.read_bytes()
            found = scan_segment(buffer, segment.first, segment.last + 1)
            end = self._known_ends.get(segment.path, segment.lasthash)
            if found.damages or found.tail or found.lasthash != end or len(buffer) != segment.size:
                found = self._remake(segment)
            while len(self._cache) >= _CACHED:
                self._cache.pop(next(iter(self._cache)))
            self._cache[segment.path] = [stored(line.payload) for line in found.entries]
        return self._cache[segment.path]

    def _remake(self, segment: Sealed) -> Scan:
        at = self._sealed.index(segment)
        found, _ = self._examine(segment.path, segment.first, segment.last + 1)
        if found.lasthash != segment.lasthash and found.last == segment.last:
            detail: dict[str, object] = {"file": segment.path.name, "altered": [segment.last]}
            self.troubles.append(Trouble("log-damaged", segment.path.name, detail))
        if found.last < segment.last:
            lost: dict[str, object] = {"file": segment.path.name, "lost": [[found.last + 1, segment.last]]}
            self.troubles.append(Trouble("log-damaged", segment.path.name, lost))
        remade = sealed_from_scan(segment.path, found, segment.path.stat().st_size)
        self._known_ends[segment.path] = found.lasthash
        # The chain goes on from what was sealed: later entries name that hash, whatever became of the file.
        remade.last, remade.lasthash = segment.last, segment.lasthash
        self._try_index(remade, found)
        self._sealed[at] = remade
        return found

    def _retire_damaged(self) -> None:
        """The newest segment was changed under us: keep what is good, go on in a new one."""
        active = self._active
        if active is None:
            return
        segment = active.as_sealed()
        active.close()
        self._active = None
        self._sealed.append(segment)
        self._remake(segment)
