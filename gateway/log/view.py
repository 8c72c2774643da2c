"""Looking into a log without touching it: that of a stopped or running gateway, or a copy on a stick.

Nothing is locked, written or repaired. What a running gateway does meanwhile is no damage: a record half written is not
there yet, a segment that retention deletes is gone, a new one is found when the one before has been read.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from gateway.entries import Stored
from gateway.errors import LogError
from gateway.log.disk import Disk
from gateway.log.documents import EntriesView, EntryDocument
from gateway.log.epoch import Epoch, epoch_of, epochs
from gateway.log.scan import Scan, scan_segment
from gateway.log.sealed import Index, read_index
from gateway.log.segment import contents, numbered, segment_path, stored
from gateway.log.state import Kept, State

_EXPECTED = "expected a gateway's data folder, its log/ folder, or one folder in there such as 000001-7f3a9c2e"


class NotALog(LogError):
    """The folder is none in which a log can be."""


class Segment(NamedTuple):
    """A segment as it was read just now."""

    path: Path
    first: int
    following: int | None
    """Where the next segment starts; None: this one takes new entries."""
    buffer: bytes
    found: Scan
    seal: Index | None
    """What its index says, read before the segment itself: it cannot know of later entries."""


class EpochView:
    """One epoch, read only: a `Reader` for TinyDB."""

    def __init__(self, epoch: Epoch) -> None:
        self.number, self.folder, self.logid = epoch
        self._disk = Disk()
        self._kept: tuple[int, list[Stored]] = (0, [])

    def firsts(self) -> list[int]:
        """Where its segments start, as of now."""
        return numbered(self.folder, ".log")

    @property
    def oldest(self) -> int:
        """Where the oldest segment starts; 1 when there is none."""
        return next(iter(self.firsts()), 1)

    def newest(self) -> int:
        """The last sequence that can be read; 0 when there is none."""
        return next((entry.sequence for entry in self.backwards()), 0)

    def size(self) -> int:
        """Bytes of its segments, as of now."""
        return sum(path.stat().st_size for path in self.folder.glob("*.log") if path.exists())

    def count(self) -> int:
        """Entries that are there and can be read."""
        return sum(len(segment.found.entries) for segment in self.segments())

    def segments(self, after: int = 0) -> Iterator[Segment]:
        """The segments that can hold something above `after`, oldest first, each when it is as full as it gets."""
        done = 0
        while rest := [first for first in self.firsts() if first > done]:
            for first, following in itertools.pairwise(rest):
                if following > after + 1:
                    yield self._segment(first, following)
            done, newest = rest[-1] - 1, self._segment(rest[-1], None)
            if self.firsts()[-1:] in ([rest[-1]], []):
                yield newest
                return

    def _segment(self, first: int, following: int | None) -> Segment:
        path = segment_path(self.folder, first)
        index = read_index(self._disk, path.with_suffix(".idx"), self.logid)
        buffer = contents(self._disk, path)
        return Segment(path, first, following, buffer, scan_segment(buffer, first, following), index)

    def gone(self) -> list[Index]:
        """The indexes whose segment is no more, oldest first."""
        indexes = (
            read_index(self._disk, segment_path(self.folder, first).with_suffix(".idx"), self.logid)
            for first in sorted({*numbered(self.folder, ".idx")} - {*self.firsts()})
        )
        return [index for index in indexes if index is not None]

    def read_after(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` entries with a sequence above `after`, in order."""
        found: list[Stored] = []
        for entries in self._parts(after):
            start = bisect_right(entries, after, key=lambda entry: entry.sequence)
            found += entries[start : start + limit - len(found)]
            if len(found) >= limit:
                break
        return found

    def _parts(self, after: int) -> Iterator[list[Stored]]:
        first, kept = self._kept
        if kept and first <= after + 1 <= kept[-1].sequence:
            yield kept
            after = kept[-1].sequence
        for segment in self.segments(after):
            entries = [stored(line.payload) for line in segment.found.entries]
            if segment.following is not None:
                self._kept = (segment.first, entries)
            yield entries

    def backwards(self) -> Iterator[Stored]:
        """Every entry, the newest first."""
        firsts = self.firsts()
        for first, following in zip(reversed(firsts), [None, *reversed(firsts[1:])], strict=True):
            found = self._segment(first, following).found
            yield from (stored(line.payload) for line in reversed(found.entries))

    def documents(self, after: int = 0) -> Iterator[EntryDocument]:
        """The entries above `after` as TinyDB documents."""
        return iter(self.table(after))

    def table(self, after: int = 0) -> TinyDB:
        """The entries above `after` as a TinyDB that can only be read."""
        return _ViewDB(EntriesView(self, after))


class _ViewStorage(Storage):
    def __init__(self, entries: EntriesView) -> None:
        self._entries = entries

    def read(self) -> dict[str, dict[str, Any]] | None:
        return {"entries": self._entries}  # type: ignore[dict-item]

    def write(self, data: Mapping[str, Any]) -> None:
        del data
        raise LogError("a log is only looked at here")


class _ViewTable(Table):
    document_class = EntryDocument  # type: ignore[assignment]


class _ViewDB(TinyDB):
    table_class = _ViewTable
    default_table_name = "entries"

    def __init__(self, entries: EntriesView) -> None:
        super().__init__(storage=lambda: _ViewStorage(entries))


@dataclass(frozen=True, slots=True)
class LogView:
    """What a folder holds."""

    epochs: list[EpochView]
    """Oldest first."""
    present: EpochView | None
    """The one that takes entries, if it is among them and known to be that."""
    data: Path

    def only(self, epochs: list[EpochView]) -> "LogView":
        """The same with some of the epochs."""
        return LogView(epochs, self.present if self.present in epochs else None, self.data)

    def read_marks(self) -> Kept | None:
        """Those of the present epoch, as they are on disk now; None when nobody knows."""
        path = self.data / "state.json"
        if self.present is None or not path.is_file():
            return None
        return State(path, Disk()).marks(self.present.logid)

    def marks(self) -> Kept:
        """The same; zeros when nobody knows."""
        return self.read_marks() or Kept(0, 0, 0)

    def state_of(self, epoch: EpochView, sequence: int, marks: Kept) -> str:
        """How far an entry has come, by the `marks` of the present epoch."""
        if epoch is not self.present:
            return "older log"
        if sequence <= marks.confirmed:
            return "confirmed"
        return "published" if sequence <= marks.published else "waiting"


def look(path: Path) -> LogView:
    """The log in a data folder, its log/ folder or the folder of one epoch. Raises NotALog."""
    try:
        return _look(path)
    except OSError as error:
        raise NotALog(f"{path}: {error.strerror or error}; {_EXPECTED}") from error


def _look(path: Path) -> LogView:
    if not path.is_dir():
        raise NotALog(f"{path}: {'no folder' if path.exists() else 'there is no such folder'}; {_EXPECTED}")
    disk = Disk()
    if numbered(path, ".log") or numbered(path, ".idx"):
        epoch = EpochView(epoch_of(disk, path))
        root = path.resolve().parent
        newest = [other.folder.resolve() for other in epochs(disk, root, "?")][-1:]
        return LogView([epoch], epoch if newest in ([], [path.resolve()]) else None, root.parent)
    root = path / "log" if (path / "log").is_dir() else path
    views = [EpochView(epoch) for epoch in epochs(disk, root, "?")]
    if not views and root == path and path.name != "log" and not (path / "state.json").exists():
        raise NotALog(f"{path}: no log in it; {_EXPECTED}")
    return LogView(views, views[-1] if views else None, root.resolve().parent)
