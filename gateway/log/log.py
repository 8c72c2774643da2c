"""The durable log of one gateway.

Theory of operation
===================

Every fact becomes one entry: exact bytes, numbered without a gap, each naming the hash of the one before. `append`
returns only when the bytes are on the medium, and only then may a device be told that its punch is recorded. What
an append did not return for may be there after a crash or not; the device still has it, and the dedupe memory
(`Seen`) makes reading it again harmless.

    append(drafts) -> drop known facts -> chain -> TinyDB insert -> journal -> write + sync -> remember the facts

Two marks say how far the entries have come. `published` moves with the broker's PUBACK, which promises little;
`confirmed` moves with the centre's watermark, which promises that the entry is in its database. Both live in
`state.json`, written seldom: a mark that is too low costs a re-send, never an entry. A mark above the end of the log
is proof that entries were lost (an older copy was restored, the card was cloned): then, and when the centre's hash of
an entry differs from ours, the log opens a new epoch and carries over what is not confirmed.

    <data>/lock                                one process at a time
    <data>/state.json                          marks and device cursors
    <data>/log/000001-7f3a9c2e/*.log *.idx     segments of one epoch (gateway.log.segment)
    <data>/log/000001-7f3a9c2e/*.bad           what a power cut or a bad card left, as it was found

Only retention deletes, and only whole segments that are confirmed: by age when the clock can be trusted, and by size.
One lock guards everything; TinyDB is not thread-safe and is seen by nobody else.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.chain import GENESIS
from contract.entry import AUDIT
from gateway.entries import AckOutcome, Draft, Marks, Stored
from gateway.errors import LogError, LogFull
from gateway.log import retention
from gateway.log.chain import ChainEnd, chained
from gateway.log.disk import Disk, unwritable
from gateway.log.documents import EntryDocument
from gateway.log.epoch import Epoch, Making, create, discard_unfinished, epochs
from gateway.log.evidence import damaged, opened
from gateway.log.folder import FolderLock
from gateway.log.journal import Journal
from gateway.log.marks import MarkBook
from gateway.log.seen import Seen, digest
from gateway.log.state import State
from gateway.log.table import EntryDB
from gateway.log.watermark import judge

logger = logging.getLogger(__name__)

_AUDIT_ROOM = 256 * 1024  # bytes above the cap that stay for audit entries


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How a log is kept."""

    gateway: str
    """Name of the gateway, the first half of the log's id."""
    source: str
    """`/<site>/<gateway>`: the source of the log's own audit entries."""
    now: Callable[[], str]
    """The time for `recordedtime`, RFC 3339 with offset."""
    confirm: str = "central"
    """`central`: only a watermark confirms. `broker`: a PUBACK does."""
    max_bytes: int = 512 << 20
    segment_bytes: int = 1 << 20
    allow_volatile: bool = False
    disk: Disk = Disk()  # noqa: RUF009 - it has no state


class Log:
    """Opens the log in `data`, or makes one. Raises LogLocked, LogError, LogUnwritable."""

    def __init__(self, data: Path, options: LogOptions) -> None:
        self._options, self._disk = options, options.disk
        self._root = data / "log"
        self._lock = threading.RLock()
        self._grown = threading.Condition(self._lock)
        self._folder_lock = FolderLock(data, allow_volatile=options.allow_volatile)
        self._seen = Seen()
        self._old: list[Journal] = []
        try:
            self._state = State(data / "state.json", self._disk)
            self._open()
        except OSError as error:
            self._folder_lock.release()
            raise unwritable("open the log", self._root, error) from error
        except BaseException:
            self._folder_lock.release()
            raise

    # Appending

    def append(self, drafts: Sequence[Draft]) -> list[Stored]:
        """Record what is new of `drafts`, in order, and return it; it is on the medium then.

        Raises LogUnwritable (nothing of it was recorded; call again later) and LogFull (deliver first).
        """
        with self._lock:
            fresh = self._fresh(drafts)
            if not fresh:
                return []
            self._check_room(fresh)
            documents = self._chain(fresh)
            try:
                self._db.insert_multiple(documents)
            except OSError as error:
                raise unwritable("write", self._root, error) from error
            self._grown.notify_all()
            return [Stored(d.doc_id, draft.kind, d.raw) for d, draft in zip(documents, fresh, strict=True)]

    def _fresh(self, drafts: Iterable[Draft]) -> list[Draft]:
        fresh, batch = [], set()
        for draft in drafts:
            known = [digest(draft.source, name) for name in (draft.id, draft.unless) if name is not None]
            if any(fact in batch or fact in self._seen for fact in known):
                continue
            batch.update(known[:1])
            fresh.append(draft)
        return fresh

    def _chain(self, drafts: Iterable[Draft]) -> list[EntryDocument]:
        now = self._options.now()
        end = ChainEnd(self._journal.next - 1, self._journal.lasthash)
        documents = []
        for draft in drafts:
            raw, end = chained(draft, self._journal.logid, end, now)
            documents.append(EntryDocument(raw, end.sequence))
        return documents

    def _check_room(self, drafts: Iterable[Draft]) -> None:
        room = _AUDIT_ROOM if all(draft.kind == AUDIT for draft in drafts) else 0
        if self.size() < self._options.max_bytes + room:
            return
        self._expire(None)
        if self.size() >= self._options.max_bytes + room:
            cap = self._options.max_bytes >> 20
            raise LogFull(f"{self._root}: undelivered entries fill the {cap} MB they may take; bring the line up")

    # Reading

    def marks(self) -> Marks:
        with self._lock:
            journal, marks = self._journal, self._marks
            return Marks(journal.logid, journal.oldest, journal.next, marks.published, marks.confirmed)

    def unpublished(self, limit: int) -> list[Stored]:
        return self.read(self._marks.published, limit)

    def read(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` entries above `after`, in order. Raises LogUnwritable when the medium fails."""
        with self._lock:
            try:
                found = self._journal.read_after(after, limit)
            except OSError as error:
                raise unwritable("read", self._root, error) from error
            self._report_troubles()
            return found

    def replay(self, first: int, last: int) -> Iterator[Stored]:
        """The entries of first..last that are still held, read as they are asked for."""
        after = first - 1
        while batch := self.read(after, min(500, last - after)):
            yield from (entry for entry in batch if entry.sequence <= last)
            after = batch[-1].sequence
            if after >= last:
                return

    def wait(self, after: int, timeout: float) -> bool:
        with self._grown:
            return self._grown.wait_for(lambda: self._journal.next - 1 > after, timeout)

    @property
    def table(self) -> EntryDB:
        """The entries as a TinyDB, for queries while nobody else uses the log."""
        return self._db

    # The marks

    def published(self, through: int) -> None:
        with self._lock:
            published = max(self._marks.published, min(through, self._journal.next - 1))
            confirmed = published if self._options.confirm == "broker" else self._marks.confirmed
            self._marks.move(published=published, confirmed=confirmed)

    def republish(self, after: int) -> None:
        with self._lock:
            published = min(self._marks.published, max(after, self._journal.oldest - 1))
            self._marks.move(published=published, confirmed=self._marks.confirmed)

    def ack(self, logid: str, through: int, hash: str, missing: Sequence[tuple[int, int]]) -> AckOutcome:
        """A watermark. One of another log is ignored; one that contradicts ours opens a new epoch."""
        with self._lock:
            if logid != self._journal.logid:
                return AckOutcome(self.marks())
            verdict = judge(self.marks(), through, missing, contradicts=self._contradicts(through, hash))
            if verdict.forked:
                self._fork(through, hash)
                return AckOutcome(self.marks(), forked=True)
            self._marks.move(published=verdict.published, confirmed=verdict.confirmed)
            return AckOutcome(self.marks(), verdict.resend)

    def _contradicts(self, through: int, hash: str) -> bool:
        ours = GENESIS if through == 0 else self._journal.hash_at(through)
        return ours is not None and ours != hash

    def keep_marks(self) -> None:
        """Write the marks if they moved; called now and then, so that the last of a burst reach the disk too."""
        with self._lock:
            self._marks.keep()

    # Devices

    def cursor(self, device: str) -> str | None:
        with self._lock:
            return self._state.cursor(device)

    def keep_cursor(self, device: str, cursor: str) -> None:
        """Remember where to go on with a device. Losing it costs a full read."""
        with self._lock:
            try:
                self._state.keep_cursor(device, cursor)
            except OSError as error:
                logger.warning("%s", unwritable("keep a cursor", self._root, error))

    # Space

    def size(self) -> int:
        """Bytes of all segments of all epochs."""
        return self._journal.size + sum(journal.size for journal in self._old)

    def pressure(self) -> float:
        """Undelivered bytes as a part of the cap: 0.8 is the time to shout, 1.0 the time to stop polling."""
        with self._lock:
            waiting = sum(s.size for s in self._journal.sealed if s.last > self._marks.confirmed)
            waiting += 0 if self._marks.confirmed >= self._journal.next - 1 else self._journal.active_size
            return waiting / self._options.max_bytes

    def expire(self, before: str | None) -> int:
        """Delete confirmed segments: those older than `before` (RFC 3339; None: not by age), and the oldest while
        the log is above its cap. How many were deleted."""
        with self._lock:
            return self._expire(before)

    def _expire(self, before: str | None) -> int:
        plan = retention.plan(
            self._old, self._journal, confirmed=self._marks.confirmed, before=before, max_bytes=self._options.max_bytes
        )
        try:
            for journal, segment in plan:
                journal.drop(segment)
        except OSError as error:
            logger.warning("%s", unwritable("delete an old segment", self._root, error))
        return len(plan)

    # Opening, epochs, closing

    def _open(self) -> None:
        self._disk.mkdir(self._root)
        discard_unfinished(self._disk, self._root)
        known = epochs(self._root, self._options.gateway)
        for epoch in known[:-1]:
            self._old.append(self._journal_of(epoch, ended=True))
        if known:
            self._enter(known[-1])
            self._check_marks()
        else:
            self._enter(self._make(1, {"reason": "first start"}, ()))
        self._report_troubles()

    def _journal_of(self, epoch: Epoch, *, ended: bool = False) -> Journal:
        options = self._options
        return Journal(
            epoch.folder,
            epoch.logid,
            self._seen,
            disk=self._disk,
            segment_bytes=options.segment_bytes,
            ended=ended,
        )

    def _enter(self, epoch: Epoch) -> None:
        self._epoch = epoch
        self._journal = self._journal_of(epoch)
        self._db = EntryDB(self._journal)
        self._marks = MarkBook(self._state, epoch.logid)

    def _check_marks(self) -> None:
        """Marks above the end of the log: entries that had been handed on are gone."""
        end = self._journal.next - 1
        highest = max(self._marks.published, self._marks.confirmed)
        if highest > end:
            self._marks.confirmed = min(self._marks.confirmed, end)
            self._renew({"reason": "entries lost", "marks": highest, "held": end})

    def _fork(self, through: int, hash: str) -> None:
        end = self._journal.next - 1
        reason = "the centre holds more than this log" if through > end else "the centre's hash differs"
        logger.error("%s: %s; opening a new epoch: look for a restored copy or a cloned card", self._root, reason)
        self._renew({"reason": reason, "through": through, "hash": hash, "held": end})

    def _renew(self, reason: dict[str, object]) -> None:
        """A new epoch that carries over what is not confirmed. Raises LogUnwritable; the old one goes on then."""
        old, after = self._journal, self._marks.confirmed
        reason = {**reason, "previous": {"logid": old.logid, "through": after, "hash": old.hash_at(after) or ""}}
        try:
            old.seal()
            epoch = self._make(self._epoch.number + 1, reason, self._carried(old, after))
            self._old.append(old)
            self._enter(epoch)
        except OSError as error:
            raise unwritable("open a new epoch", self._root, error) from error
        self._marks.keep()
        self._grown.notify_all()

    def _carried(self, journal: Journal, after: int) -> Iterator[bytes]:
        while batch := journal.read_after(after, 500):
            yield from (entry.raw for entry in batch)
            after = batch[-1].sequence

    def _make(self, number: int, reason: dict[str, object], carried: Iterable[bytes]) -> Epoch:
        first = opened(self._options.source, number, reason)
        making = Making(self._root, self._options.gateway, number, self._options.segment_bytes, first, carried)
        return create(self._disk, making, self._options.now())

    def _report_troubles(self) -> None:
        """Damage becomes evidence in the log itself; what the disk refuses now is told the next time."""
        for journal in (*self._old, self._journal):
            while journal.troubles:
                trouble = journal.troubles[0]
                try:
                    self.append([damaged(self._options.source, journal.logid, trouble)])
                except LogError as error:
                    logger.warning("%s: %s, not yet on record: %s", trouble.file, trouble.event, error)
                    return
                logger.error("%s/%s: %s %s", journal.folder, trouble.file, trouble.event, trouble.detail)
                journal.troubles.pop(0)

    def close(self) -> None:
        """Keep the marks and let go of the folder. May be called twice."""
        with self._lock:
            self.keep_marks()
            self._journal.close()
            self._folder_lock.release()
