"""The present epoch with its marks, and how it gives way to the next one. Not thread-safe: the log's lock guards it.

A new epoch is due when marks or centre show that the present one is not the only log of its name, or not all of it.
Until it is open nothing may be recorded: a number would be given twice.
"""

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from contract.chain import GENESIS
from gateway.entries import Draft, Stored
from gateway.errors import LogError
from gateway.log import evidence, renewal, repair
from gateway.log.chain import ChainEnd, chain_all
from gateway.log.disk import unwritable
from gateway.log.documents import EntryDocument
from gateway.log.history import History
from gateway.log.journal import Journal
from gateway.log.marks import MarkBook
from gateway.log.options import LogOptions
from gateway.log.state import State
from gateway.log.table import EntryDB

logger = logging.getLogger(__name__)


class Present:
    """Opens the log under `root`, or begins one. Raises OSError."""

    def __init__(self, root: Path, options: LogOptions, state: State) -> None:
        self._root, self._options, self._state = root, options, state
        self._due: Draft | None = None
        self.history = History(root, options.gateway, disk=options.disk, segment_bytes=options.segment_bytes)
        logids = self.history.load()
        if logids:
            self._enter()
            self._judge_marks(logids)
        else:
            lost = self._state.logid
            why = {"reason": "first start"} if lost is None else {"reason": "the log folder is gone", "lost": lost}
            self.history.begin(evidence.created(options.source, why), 0, options.now())
            self._enter()

    @property
    def journal(self) -> Journal:
        """The epoch that takes entries."""
        return self.history.present

    @property
    def end(self) -> int:
        """Newest sequence."""
        return self.journal.next - 1

    def make_ready(self) -> None:
        """Open a new epoch if one is due. Raises LogUnwritable: nothing may be recorded then."""
        if self._due is not None:
            self._renew(self._due)

    def write(self, drafts: Sequence[Draft]) -> list[Stored]:
        """Number, chain and insert them; they are on the medium then. Raises LogUnwritable: none of them is."""
        journal = self.journal
        raws = chain_all(drafts, journal.logid, ChainEnd(self.end, journal.lasthash), self._options.now())
        documents = [EntryDocument(raw, sequence) for sequence, raw in enumerate(raws, journal.next)]
        try:
            self.db.insert_multiple(documents)
        except OSError as error:
            raise unwritable("write", self._root, error) from error
        return [Stored(d.doc_id, draft.kind, d.raw) for d, draft in zip(documents, drafts, strict=True)]

    def contradicts(self, through: int, hash: str) -> bool:
        """Whether the hash of an entry is another one than ours; we hold it or its neighbour. Raises LogUnwritable."""
        try:
            ours = GENESIS if through == 0 else self.journal.hash_at(through)
        except OSError as error:
            raise unwritable("read", self._root, error) from error
        return ours is not None and ours != hash

    def fork(self, through: int, hash: str) -> None:
        """The centre's watermark contradicts this log. Raises LogUnwritable, and the present epoch goes on."""
        reason = "the centre holds more than this log" if through > self.end else "the centre's hash differs"
        logger.error("%s: %s; opening a new epoch: look for a restored copy or a cloned card", self._root, reason)
        why = {"reason": reason, "through": through, "hash": hash, "held": self.end, "previous": self._standing()}
        self._renew(evidence.forked(self._options.source, why))

    def _enter(self) -> None:
        self.db = EntryDB(self.journal)
        self.marks = MarkBook(self._state, self.journal.logid)
        self._due = None

    def _judge_marks(self, logids: Sequence[str]) -> None:
        """Find out whether anything that was handed on, or should have been, is gone."""
        journal, marks = self.journal, self.marks
        why = renewal.reason(logids, self._options.gateway, kept=self._state.logid, marks=marks, end=self.end)
        if marks.known and marks.released < journal.oldest - 1:
            detail = repair.missing(journal.folder, [(marks.released + 1, journal.oldest - 1)], [])
            journal.troubles.append(repair.Trouble(repair.DAMAGED, journal.folder.name, detail))
        marks.published = min(max(marks.published, journal.oldest - 1), self.end)
        marks.confirmed = min(marks.confirmed, self.end)
        if why:
            logger.error("%s: %s; a new log is begun", self._root, why["reason"])
            self._due = evidence.created(self._options.source, {**why, "previous": self._standing()})
            with contextlib.suppress(LogError):  # a full disk must not keep the gateway from delivering what it holds
                self._renew(self._due)

    def _standing(self) -> dict[str, object]:
        """Where the present log stands, for the first entry of the one that takes over."""
        confirmed = self.marks.confirmed
        try:
            known = self.journal.hash_at(confirmed) or ""
        except OSError:
            known = ""
        return {"logid": self.journal.logid, "through": confirmed, "hash": known}

    def _renew(self, first: Draft) -> None:
        """A new epoch that carries over what is not confirmed."""
        try:
            self.history.begin(first, self.marks.confirmed, self._options.now())
        except OSError as error:
            if self.history.unsettled:
                self._due = first
            raise unwritable("open a new epoch", self._root, error) from error
        self._enter()
        self.marks.keep()
