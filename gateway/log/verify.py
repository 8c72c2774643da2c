"""Is a log whole? Every entry of an epoch held against its checksum, its neighbours and the indexes. Reads only."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.log.chain import ChainEnd
from gateway.log.scan import Scan, head_of, same_epoch
from gateway.log.state import Kept
from gateway.log.view import EpochView, Segment

Range = tuple[int, int]


@dataclass(slots=True)
class Report:
    """What `verify` found in one epoch."""

    logid: str
    folder: str
    entries: int = 0
    first: int | None = None
    last: int | None = None
    first_time: str | None = None
    """`recordedtime` of the first entry held."""
    last_time: str | None = None
    hash: str | None = None
    """Hash of the last entry."""
    published: int | None = None
    confirmed: int | None = None
    deleted: int = 0
    """Everything through here was deleted after it had been delivered."""

    lost: list[Range] = field(default_factory=list)
    """Sequences that should be there and are not, both ends included."""
    altered: list[Range] = field(default_factory=list)
    """Neighbours of which one was altered: the later does not name the hash of the earlier."""
    wrong: list[str] = field(default_factory=list)
    """Whatever else is not as it was written."""
    notes: list[str] = field(default_factory=list)
    """What is worth knowing and no harm: a torn tail, an index to be made anew, files set aside."""

    @property
    def ok(self) -> bool:
        return not (self.lost or self.altered or self.wrong)


Marks = Callable[[], Kept | None]


def verify(
    view: EpochView, *, present: bool, marks: Marks = lambda: None, progress: Callable[[int], None] = lambda _: None
) -> Report:
    """Read the whole epoch. `present`: it is the one that takes entries. `marks`: its marks, as they are on disk.

    `progress` is told of every segment's bytes.
    """
    check = _Check(view, marks if present else lambda: None)
    for segment in view.segments():
        check.take(segment)
        progress(len(segment.buffer))
    check.finish(present=present)
    return check.report


class _Check:
    def __init__(self, view: EpochView, marks: Marks) -> None:
        self._view, self._marks = view, marks
        self.report = Report(view.logid, view.folder.name)
        self._before = marks() or Kept(0, 0, 0)
        self._end: ChainEnd | None = None
        self._gone = {index.first: index for index in view.gone()}

    def take(self, segment: Segment) -> None:
        if not segment.buffer and not segment.path.exists():
            self._end = None  # retention deleted it just now
            return
        self._pass_deleted(segment.first)
        header = segment.found.header
        if header is not None and not (same_epoch(header.logid, self.report.logid) and header.first == segment.first):
            self.report.wrong.append(f"{segment.path.name}: of another log, or under a wrong name")
            return
        self._judge(segment)
        self._join(segment.first, segment.found.prevhash)
        self._count(segment.found)
        self._compare(segment)

    def _pass_deleted(self, first: float) -> None:
        """Follow the indexes that stayed of segments before `first`."""
        for index in [self._gone.pop(number) for number in sorted(self._gone) if number < first]:
            if self._end is None or self.report.first is None:
                self.report.deleted = index.last
            else:
                self.report.lost.append((index.first, index.last))
            self._end = ChainEnd(index.last, index.lasthash)

    def _join(self, first: int, prevhash: str) -> None:
        """Hold the start of a segment against the end of what was before."""
        if self._end is None:
            self.report.deleted = first - 1
            if self.report.first is not None:
                self.report.notes.append(f"up to {first - 1} it was deleted, as delivered, while it was read")
        elif first > self._end.sequence + 1:
            self.report.lost.append((self._end.sequence + 1, first - 1))
        elif first == self._end.sequence + 1 and _differ(self._end.hash, prevhash):
            self.report.altered.append((first - 1, first))

    def _judge(self, segment: Segment) -> None:
        """Bytes that are no records, and records that do not fit."""
        found, name = segment.found, segment.path.name
        if found.header is None:
            self.report.wrong.append(f"{name}: the header is damaged")
        damages = [(damage.offset, damage.end - damage.offset) for damage in found.damages]
        if found.tail is not None:
            tail = (found.tail.offset, found.tail.end - found.tail.offset)
            if _ends_early(segment):
                damages.append(tail)
            else:
                self.report.notes.append(
                    f"{name}: torn tail of {tail[1]} bytes: a write interrupted, or under way, that nobody was told of"
                )
        self.report.wrong += [f"{name}: {size} bytes at {offset} are no record" for offset, size in damages]
        self.report.lost += found.lost
        self.report.altered += [(number - 1, number) for number in found.breaks]

    def _count(self, found: Scan) -> None:
        report = self.report
        if found.entries:
            if report.first is None:
                report.first = found.sequences[0]
                report.first_time = head_of(found.entries[0].payload).recordedtime
            report.last, report.last_time, report.hash = found.last, found.newest, found.lasthash
            report.entries += len(found.entries)
        self._end = ChainEnd(found.last, found.lasthash)

    def _compare(self, segment: Segment) -> None:
        """Hold a segment against its index."""
        index, found, name = segment.seal, segment.found, segment.path.with_suffix(".idx").name
        if index is None:
            if segment.following is not None:
                self.report.notes.append(f"{name}: missing or damaged: the next start makes it anew")
            return
        if index.last > found.last:
            self.report.lost.append((found.last + 1, index.last))
            self._end = ChainEnd(index.last, index.lasthash)
        elif index.last == found.last and index.lasthash != found.lasthash:
            self.report.altered.append((found.last, found.last + 1))
            self._end = ChainEnd(index.last, index.lasthash)
        elif index.last == found.last and (index.prevhash, sorted(index.digests())) != (
            found.prevhash,
            sorted(found.seen),
        ):
            self.report.wrong.append(f"{name}: does not match its segment")
        elif (index.last, index.size) != (found.last, len(segment.buffer)):
            self.report.notes.append(f"{name}: out of date: the next start makes it anew")

    def finish(self, *, present: bool) -> None:
        report = self.report
        if present and report.first is None and self._gone:
            report.wrong.append("the newest segment is gone")
        self._pass_deleted(float("inf"))
        self._judge_marks()
        for path in sorted(self._view.folder.glob("*.bad")):
            report.notes.append(f"{path.name}: {path.stat().st_size} bytes set aside earlier")
        for path in sorted(self._view.folder.glob("*.salvage")):
            report.notes.append(f"{path.name}: a repair was interrupted: the next start completes it")
        report.lost.sort()
        report.altered = sorted(set(report.altered))

    def _judge_marks(self) -> None:
        now, report = self._marks(), self.report
        if now is None:
            return
        report.published, report.confirmed = now.published, now.confirmed
        end = self._end.sequence if self._end is not None else 0
        handed_on = max(self._before)
        if handed_on > end:
            report.wrong.append(f"{handed_on} had been handed on, and the log ends at {end}")
        if now.released < report.deleted:
            report.wrong.append(f"{now.released + 1} to {report.deleted} are gone and were never confirmed")


def _ends_early(segment: Segment) -> bool:
    """Whether what lies behind the last good record had been acknowledged."""
    end = max(segment.following - 1 if segment.following else 0, segment.seal.last if segment.seal else 0)
    return segment.found.last < end


def _differ(one: str, other: str) -> bool:
    return one != other and "" not in (one, other)
