"""The durable log of one gateway.

Theory of operation
===================

Every fact becomes one entry: exact bytes, numbered without a gap, each naming the hash of the one before. `append`
returns only when the bytes are on the medium, and only then may a device be told that its punch is recorded. What
an append did not return for may be there after a crash or not; the device still has it, and the dedupe memory
(`Seen`) makes reading it again harmless.

    append(drafts) -> drop known facts -> chain -> TinyDB insert -> journal -> write + sync -> remember the facts

    Log       the lock around everything, and what others call
    Present   the epoch that takes entries, its marks, and when it must give way to a new one
    History   all epochs, and what retention takes of them
    Space     the cap: what is deleted for it, and when no more punches are taken
    Journal   one epoch behind TinyDB's Storage: the newest segment (Active) and the sealed ones (Archive)
    opening, scan, repair   what a folder holds, what is wrong with it, what is done about it

Two marks say how far the entries have come. `published` moves with the broker's PUBACK, which promises little;
`confirmed` moves with the centre's watermark, which promises that the entry is in its database. Both live in
`state.json`, written seldom: a mark that is too low costs a re-send, never an entry. A mark above the end of the log
is proof that entries were lost (an older copy was restored, the card was cloned): then, and when the centre's hash of
an entry differs from ours, the log opens a new epoch and carries over what is not confirmed.

    <data>/lock                                one process at a time
    <data>/state.json                          marks and device cursors
    <data>/log/000001-7f3a9c2e/*.log *.idx     segments of one epoch (gateway.log.segment)
    <data>/log/000001-7f3a9c2e/*.bad           what a power cut or a bad card left, as it was found

Every file is judged by its neighbours: a segment must start where the one before ended and name its hash, and the index
of a segment that is gone still says where the log ended. So a lost or altered entry is noticed when the log is opened
or read, is told in an audit entry, and costs no other entry; a number is never given twice.

Only retention deletes, and only whole segments that are confirmed: by age when the clock can be trusted, and by size.
One lock guards everything; TinyDB is not thread-safe and is seen by nobody else.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gateway.entries import AckOutcome, Draft, Marks, Stored
from gateway.errors import LogError
from gateway.log.chain import unknown
from gateway.log.disk import unwritable
from gateway.log.folder import FolderLock
from gateway.log.journal import Journal
from gateway.log.options import LogOptions
from gateway.log.present import Present
from gateway.log.reports import Reports
from gateway.log.space import Space
from gateway.log.state import State
from gateway.log.table import EntryDB
from gateway.log.watermark import judge

__all__ = ["Log", "LogOptions"]

logger = logging.getLogger(__name__)

_SLICE = 500  # drafts that are written and synced at once


class Log:
    """Opens the log in `data`, or makes one. Raises LogLocked, LogError, LogUnwritable."""

    def __init__(self, data: Path, options: LogOptions) -> None:
        self._options = options
        self._root = data / "log"
        self._lock = threading.RLock()
        self._watchers: list[Callable[[int], None]] = []
        self._sealer: Callable[[int], None] | None = None
        self._closed = False
        self._folder_lock = FolderLock(data, allow_volatile=options.allow_volatile)
        try:
            self._state = State(data / "state.json", options.disk)
            if self._state.damaged:
                logger.warning("%s: state.json is damaged: entries are sent again, devices are read again", data)
            self._present = Present(self._root, options, self._state)
            self._reports = Reports(options.source, self._present.history, self.append)
            self._space = Space(self._root, self._present, options, self._reports.tell)
            self._reports.report()
        except OSError as error:
            self._folder_lock.release()
            raise unwritable("open the log", self._root, error) from error
        except BaseException:
            self._folder_lock.release()
            raise

    # Appending

    def append(self, drafts: Sequence[Draft]) -> list[Stored]:
        """Record what is new of `drafts`, in order, and return it; it is on the medium then.

        Raises LogUnwritable and LogFull (deliver first): nothing of it was recorded, call again later. Of more than
        500 drafts the first may have been; they are known then. Raises ContractError for a draft that is no entry.
        """
        with self._lock:
            recorded: list[Stored] = []
            for start in range(0, len(drafts), _SLICE):
                part = drafts[start : start + _SLICE]
                if self._sealer is not None:
                    self._sealer(len(part))
                recorded += self._append(part)
            return recorded

    def ask_before(self, sealer: Callable[[int], None]) -> None:
        """Call `sealer` with how many entries come at most, before they do: it may `seal` what there is so far."""
        self._sealer = sealer

    def seal(self, make: Callable[[str, int, str], Draft]) -> Stored:
        """Record what `make(logid, sequence, hash)` says of the newest entry, right behind that entry: a checkpoint.

        Raises as `append` does.
        """
        with self._lock:
            self._check_open()
            self._present.make_ready()
            self._space.check(())  # which may add entries of its own, and must not between the two
            journal = self._journal
            return self._append([make(journal.logid, journal.next - 1, journal.lasthash)])[0]

    def _append(self, drafts: Sequence[Draft]) -> list[Stored]:
        self._check_open()
        fresh = unknown(drafts, self._present.history.seen)
        if not fresh:
            return []
        self._present.make_ready()
        self._space.check(fresh)
        recorded = self._present.write(fresh)
        self._tell_watchers()
        return recorded

    def _check_open(self) -> None:
        if self._closed:
            raise LogError(f"{self._root}: the log is closed")

    # Reading

    def marks(self) -> Marks:
        with self._lock:
            journal, marks = self._journal, self._present.marks
            return Marks(journal.logid, journal.oldest, journal.next, marks.published, marks.confirmed)

    def unpublished(self, limit: int) -> list[Stored]:
        with self._lock:
            return self.read(self._present.marks.published, limit)

    def read(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` entries above `after`, in order. Raises LogUnwritable when the medium fails."""
        with self._lock:
            try:
                found = self._journal.read_after(after, limit)
            except OSError as error:
                raise unwritable("read", self._root, error) from error
            self._reports.report()
            return found

    def replay(self, first: int, last: int) -> Iterator[Stored]:
        """The entries of first..last that are still held, read as they are asked for.

        It ends early when a new epoch is opened meanwhile: there the same numbers are other entries.
        """
        logid, after = self._journal.logid, first - 1
        while after < last:
            with self._lock:
                batch = self.read(after, min(_SLICE, last - after)) if self._journal.logid == logid else []
            yield from itertools.takewhile(lambda entry: entry.sequence <= last, batch)
            if not batch:
                return
            after = batch[-1].sequence

    def watch(self, watcher: Callable[[int], None]) -> None:
        with self._lock:
            self._watchers.append(watcher)

    def _tell_watchers(self) -> None:
        for watcher in self._watchers:
            watcher(self._journal.next - 1)

    @property
    def table(self) -> EntryDB:
        """The entries as a TinyDB, for queries while nobody else uses the log."""
        return self._present.db

    # The marks

    def published(self, through: int) -> None:
        with self._lock:
            published = max(self._present.marks.published, min(through, self._journal.next - 1))
            confirmed = published if self._options.confirm == "broker" else self._present.marks.confirmed
            self._move(published, confirmed)

    def republish(self, after: int) -> None:
        with self._lock:
            published = min(self._present.marks.published, max(after, self._journal.oldest - 1))
            self._move(published, self._present.marks.confirmed)

    def _move(self, published: int, confirmed: int) -> None:
        if not self._closed:
            self._present.marks.move(published=published, confirmed=confirmed)

    def ack(self, logid: str, through: int, hash: str, missing: Sequence[tuple[int, int]]) -> AckOutcome:
        """A watermark. One of another log is ignored; one that contradicts ours opens a new epoch.

        Raises LogUnwritable when that is refused: the present epoch goes on, and the next watermark tries again.
        """
        with self._lock:
            if self._closed or logid != self._journal.logid:
                return AckOutcome(self.marks())
            verdict = judge(self.marks(), through, missing, contradicts=self._present.contradicts(through, hash))
            if verdict.forked:
                self._present.fork(through, hash)
                self._tell_watchers()
                return AckOutcome(self.marks(), forked=True)
            self._move(verdict.published, verdict.confirmed)
            return AckOutcome(self.marks(), verdict.resend)

    def keep_marks(self) -> None:
        """Write marks and cursors if they moved; called now and then, so that the last of a burst reach the disk."""
        with self._lock:
            if not self._closed:
                self._present.marks.keep()

    # Devices

    def cursor(self, device: str) -> str | None:
        with self._lock:
            return self._state.cursor(device)

    def keep_cursor(self, device: str, cursor: str) -> None:
        """Remember where to go on with a device; on disk with the next `keep_marks`. Losing it costs a full read."""
        with self._lock:
            self._state.set_cursor(device, cursor)

    # Space

    def size(self) -> int:
        """Bytes of all segments of all epochs."""
        with self._lock:
            return self._space.size

    def pressure(self) -> float:
        """Undelivered bytes as a part of the cap: 0.8 is the time to shout, 1.0 the time to stop polling."""
        with self._lock:
            return self._space.pressure()

    def expire(self, before: str | None) -> int:
        """Delete confirmed segments: those older than `before` (RFC 3339; None: not by age), and the oldest while
        the log is above its cap. How many were deleted. What they leave behind is kept within its bounds, too."""
        with self._lock:
            return 0 if self._closed else self._space.expire(before)

    # Opening, epochs, closing

    @property
    def _journal(self) -> Journal:
        return self._present.journal

    def close(self) -> None:
        """Keep the marks and let go of the folder. May be called twice."""
        with self._lock:
            if not self._closed:
                self._present.marks.keep()
                self._journal.close()
                self._folder_lock.release()
                self._closed = True
