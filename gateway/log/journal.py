"""The journal of one epoch: a folder of segments behind TinyDB's `Storage`.

Sequence and hash are part of the entries' bytes; whoever appends has chained them already (`gateway.log.log`). The
journal keeps no entry in memory: an offset for each entry of the newest segment, and the newest two older segments
that somebody read.
"""

from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.errors import LogError
from gateway.log.archive import Archive
from gateway.log.chain import ChainEnd
from gateway.log.disk import Disk
from gateway.log.documents import EntriesView
from gateway.log.opening import open_folder
from gateway.log.repair import Trouble
from gateway.log.scan import Header, head_of
from gateway.log.sealed import Sealed
from gateway.log.seen import Seen, digest
from gateway.log.segment import Active


class Journal(Storage):
    """Opens, and where needed repairs, the epoch in `folder`. Raises OSError when the disk refuses that.

    `ended`: a newer epoch has taken its place, it is only read.
    """

    def __init__(
        self, folder: Path, logid: str, seen: Seen, *, disk: Disk, segment_bytes: int = 1 << 20, ended: bool = False
    ) -> None:
        self.folder, self.logid, self.seen = folder, logid, seen
        self._disk, self._segment_bytes = disk, segment_bytes
        found = open_folder(disk, folder, logid, seen, ended=ended)
        self._archive = Archive(disk, logid, found.sealed, found.gone)
        self._archive.troubles += found.troubles
        self._active, self._end = found.active, found.end

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
        if self._archive.sealed:
            return self._archive.sealed[0].first
        return self._active.first if self._active is not None else self.next

    @property
    def sealed(self) -> list[Sealed]:
        """The segments that take no more entries, oldest first."""
        return list(self._archive.sealed)

    @property
    def full(self) -> list[Sealed]:
        """The same without the newest segment of all, which says where the log ends."""
        return self.sealed if self._active is not None else self.sealed[:-1]

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return self._archive.size + self.active_size

    @property
    def active_size(self) -> int:
        """Bytes of the segment that takes new entries."""
        return self._active.size if self._active else 0

    @property
    def troubles(self) -> list[Trouble]:
        """What was found wrong, at the start and later, until somebody takes it out."""
        return self._archive.troubles

    def count(self) -> int:
        """Entries held, counting those that a damage took."""
        return self.next - self.oldest

    # Reading

    def read_after(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` entries with a sequence above `after`, in order. Raises OSError."""
        found: list[Stored] = []
        while len(found) < limit and after < self.next - 1:
            wanted = limit - len(found)
            part, after = self._archive.read_after(after, wanted) or self._read_newest(after, wanted)
            found += part
        return found

    def _read_newest(self, after: int, limit: int) -> tuple[list[Stored], int]:
        if self._active is None:
            return [], self.next - 1
        part = self._active.read(after, limit)
        if part is None:  # the file was changed under us: keep what is good, go on in a new one
            damaged, self._active = self._active, None
            damaged.close()
            self._archive.take_damaged(damaged.as_sealed())
            return [], after
        return part, part[-1].sequence if part else self.next - 1

    def hash_at(self, sequence: int) -> str | None:
        """Hash of an entry; None when it is not (or no longer) held. Raises OSError."""
        if sequence == self.next - 1:
            return self.lasthash
        if self._active is not None and sequence == self._active.first - 1:
            return self._active.prevhash
        beside = self._archive.hash_beside(sequence)
        if beside is not None:
            return beside
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
            self._archive.sealed.append(active.seal(self.logid))
        else:
            self._disk.unlink(active.path)
        self._active = None
        active.close()

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """TinyDB's way to rewrite everything. Raises LogError."""
        del data
        raise LogError("the log is append-only: entries are never changed")

    def close(self) -> None:
        if self._active is not None:
            self._active.close()

    # Space

    def drop(self, segment: Sealed) -> None:
        """Delete a whole segment; its index stays as memory of its facts. Raises OSError."""
        self._archive.drop(segment)

    @property
    def gone(self) -> list[Sealed]:
        """Segments of which only the index is left, oldest first."""
        return list(self._archive.gone)

    @property
    def remembered(self) -> int:
        """Facts in the dedupe memory, by the entries that are or were here."""
        return self.count() + sum(segment.last - segment.first + 1 for segment in self._archive.gone)

    def forget_oldest(self) -> int:
        """Delete the oldest index whose segment is gone; how many facts it held. Raises OSError."""
        return self._archive.forget_oldest()
