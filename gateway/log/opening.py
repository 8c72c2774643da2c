"""Opening an epoch: what its folder holds, held against what its files say of one another, and mended.

Every segment is judged by its index where it has one (size, end, hash of its last entry) and by its neighbours: it must
start where the one before ended, and name its hash. The index of a newest segment that is gone still says where the
log ended, so that no sequence is used twice.
"""

import itertools
import logging
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from contract.chain import GENESIS
from gateway.log import repair
from gateway.log.chain import ChainEnd
from gateway.log.disk import Disk
from gateway.log.repair import DAMAGED, TORN, Trouble
from gateway.log.scan import Scan, same_epoch, scan_segment
from gateway.log.sealed import Index, Sealed, from_scan, read_index, write_index
from gateway.log.seen import Seen
from gateway.log.segment import HEADER_ROOM, Active, contents, numbered, read_header, segment_path

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Opened:
    """What a folder holds."""

    sealed: list[Sealed] = field(default_factory=list)
    active: Active | None = None
    gone: list[Sealed] = field(default_factory=list)
    """Segments that are no more, but whose index remembers their facts."""
    end: ChainEnd = field(default=ChainEnd(0, GENESIS))
    troubles: list[Trouble] = field(default_factory=list)


class Start(NamedTuple):
    """Where a segment starts: its first sequence, and the hash of the entry before ("" where nothing says it)."""

    first: int
    prevhash: str


def open_folder(disk: Disk, folder: Path, logid: str, seen: Seen, *, ended: bool) -> Opened:
    """Read, and where needed repair, the epoch in `folder`; `ended`: it takes no more entries.

    Raises OSError when the disk refuses that.
    """
    repair.finish(disk, folder)
    return _Opening(disk, folder, logid, seen, ended=ended).run()


class _Opening:
    def __init__(self, disk: Disk, folder: Path, logid: str, seen: Seen, *, ended: bool) -> None:
        self._disk, self._folder, self._logid, self._seen, self._ended = disk, folder, logid, seen, ended
        self._found = Opened()
        self._met = False  # a segment file, so that from here on a gap is a loss and not what retention left

    def run(self) -> Opened:
        found = self._found
        files = [start for first in numbered(self._folder, ".log") if (start := self._start(first))]
        gone = {segment.first: segment for segment in self._memories({start.first for start in files})}
        starts = sorted([*files, *(Start(segment.first, segment.prevhash) for segment in gone.values())])
        for start, following in itertools.zip_longest(starts, starts[1:]):
            if start.first in gone:
                self._pass_over(gone[start.first])
            else:
                self._take(segment_path(self._folder, start.first), start.first, following)
        found.gone = list(gone.values())
        if gone and not self._met and not self._ended:
            detail: dict[str, object] = {"reason": "the newest segment is gone", "from": found.end.sequence + 1}
            found.troubles.append(Trouble(DAMAGED, self._folder.name, detail))
        return found

    # What there is

    def _start(self, first: int) -> Start | None:
        """Where the segment file starts; None, and it is set aside, when it is no segment of this log."""
        path = segment_path(self._folder, first)
        header = read_header(self._disk, path)
        if header is not None and same_epoch(header.logid, self._logid) and header.first == first:
            return Start(first, header.prevhash)
        if header is not None:
            self._found.troubles.append(repair.set_aside(self._disk, path, "of another log, or under a wrong name"))
            return None
        buffer = contents(self._disk, path)
        found = scan_segment(buffer, first)
        if found.entries:
            return Start(first, found.prevhash)
        if not buffer:
            repair.discard(self._disk, path)
        elif len(buffer) <= HEADER_ROOM:
            self._found.troubles.append(repair.set_aside(self._disk, path, "never begun", TORN))
        else:
            self._found.troubles.append(repair.set_aside(self._disk, path, "nothing in it can be read"))
        return None

    def _memories(self, files: Container[int]) -> Iterator[Sealed]:
        """The segments that only their index remembers, oldest first."""
        for first in numbered(self._folder, ".idx"):
            path = segment_path(self._folder, first)
            index = None if first in files else read_index(self._disk, path.with_suffix(".idx"), self._logid)
            if index is not None:
                self._seen.update(index.digests())
                yield index.sealed(path)

    # One after the other

    def _pass_over(self, gone: Sealed) -> None:
        if self._met:
            self._tell(gone.path, [(self._found.end.sequence + 1, gone.last)], [])
        self._found.end = ChainEnd(gone.last, gone.lasthash)

    def _take(self, path: Path, first: int, following: Start | None) -> None:
        index = read_index(self._disk, path.with_suffix(".idx"), self._logid)
        if index is not None and index.size == path.stat().st_size:
            self._seen.update(index.digests())
            self._add(index.sealed(path))
        else:
            self._examine(path, first, following, index)

    def _examine(self, path: Path, first: int, following: Start | None, index: Index | None) -> None:
        """Read a segment from end to end, and mend what is wrong."""
        buffer = contents(self._disk, path)
        found = scan_segment(buffer, first, following.first if following else None)
        end = _known_end(following, index)
        if end is not None:
            found.should_end(end.sequence, end.hash)
        if not found.prevhash and self._found.end.sequence == first - 1:
            found.prevhash = self._found.end.hash
        mended = repair.mend(self._disk, path, buffer, found, self._logid)
        self._found.troubles += mended.troubles
        self._seen.update(found.seen)
        newest = following is None and (end is None or found.last > end.sequence)
        if newest and mended.as_written and not self._ended:
            self._adopt(path, found)
        elif found.entries or end is not None:
            self._seal(path, found, end, index=mended.settled)
        else:
            repair.discard(self._disk, path)

    def _adopt(self, path: Path, found: Scan) -> None:
        active = Active.adopt(self._disk, path, found)
        self._join(active.as_sealed())
        self._found.active = active

    def _seal(self, path: Path, found: Scan, end: ChainEnd | None, *, index: bool) -> None:
        segment = from_scan(path, found, path.stat().st_size)
        if end is not None and end.sequence >= segment.last:
            # The chain goes on from what was written there, whatever became of it.
            segment.lasthash = end.hash or (segment.lasthash if end.sequence == segment.last else "")
            segment.last = end.sequence
        if index:
            try:
                write_index(self._disk, segment, self._logid, found.seen)
            except OSError as error:  # made at the next start
                logger.warning("%s: no index: %s", path, error.strerror)
        self._add(segment)

    def _add(self, segment: Sealed) -> None:
        self._join(segment)
        self._found.sealed.append(segment)

    def _join(self, segment: Sealed) -> None:
        """Hold the start of a segment against the end of the one before."""
        end = self._found.end
        if self._met and segment.first > end.sequence + 1:
            self._tell(segment.path, [(end.sequence + 1, segment.first - 1)], [])
        elif segment.first == end.sequence + 1 and _differ(end.hash, segment.prevhash):
            self._tell(segment.path, [], [segment.first])
        self._met = True
        self._found.end = ChainEnd(segment.last, segment.lasthash)

    def _tell(self, path: Path, lost: list[tuple[int, int]], breaks: list[int]) -> None:
        self._found.troubles.append(Trouble(DAMAGED, path.name, repair.missing(path, lost, breaks)))


def _differ(one: str, other: str) -> bool:
    """Whether two hashes contradict one another; an unknown one ("") does not."""
    return one != other and "" not in (one, other)


def _known_end(following: Start | None, index: Index | None) -> ChainEnd | None:
    """Where a segment ended when it was whole, by what came after it or by its index."""
    if following is not None:
        return ChainEnd(following.first - 1, following.prevhash)
    return ChainEnd(index.last, index.lasthash) if index is not None else None
