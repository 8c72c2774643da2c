"""How much room the log takes, and what is deleted to keep it within its bounds. The log's lock guards it.

Only confirmed entries are ever deleted, in whole segments; each deletion is an audit entry.
"""

import errno
from collections.abc import Callable, Iterable
from pathlib import Path

from contract.entry import PUNCH
from gateway.entries import Draft
from gateway.errors import LogFull
from gateway.log import evidence
from gateway.log.options import LogOptions
from gateway.log.present import Present

_AUDIT_ROOM = 256 * 1024  # bytes above the cap that stay for audit entries and checkpoints


class Space:
    """Of the log under `root`; `tell` records an audit entry, or says that it cannot."""

    def __init__(self, root: Path, present: Present, options: LogOptions, tell: Callable[[Draft], bool]) -> None:
        self._root, self._present, self._options, self._tell = root, present, options, tell

    @property
    def size(self) -> int:
        """Bytes of all segments of all epochs."""
        return self._present.history.size

    def pressure(self) -> float:
        """Undelivered bytes as a part of the cap."""
        journal, confirmed = self._present.journal, self._present.marks.confirmed
        waiting = sum(segment.size for segment in journal.sealed if segment.last > confirmed)
        waiting += 0 if confirmed >= self._present.end else journal.active_size
        return waiting / self._options.max_bytes

    def check(self, drafts: Iterable[Draft]) -> None:
        """Make room for `drafts`; evidence gets some above the cap. Raises LogFull."""
        most = self._options.max_bytes + (0 if any(draft.kind == PUNCH for draft in drafts) else _AUDIT_ROOM)
        if self.size < most:
            return
        self._delete(None)
        if self.size >= most:
            cap = self._options.max_bytes >> 20
            raise LogFull(f"{self._root}: undelivered entries fill the {cap} MB they may take; bring the line up")

    def expire(self, before: str | None) -> int:
        """Delete what is older than `before` or too much, see Log.expire. How many segments were deleted."""
        gone = self._delete(before)
        options = self._options
        self._present.history.tidy(before=before, remembered=options.remembered, bad_bytes=options.bad_bytes)
        return gone

    def _delete(self, before: str | None) -> int:
        marks = self._present.marks
        refused = marks.keep()  # whoever finds a segment missing must know that it was confirmed
        if refused is not None and refused.errno != errno.ENOSPC:
            before = None  # what is old can wait until that is on record; what must make room cannot
        gone = self._present.history.expire(confirmed=marks.confirmed, before=before, max_bytes=self._options.max_bytes)
        marks.move(published=max(marks.published, self._present.journal.oldest - 1), confirmed=marks.confirmed)
        if refused is not None:
            marks.keep()
        for draft in evidence.expired(self._options.source, gone):
            self._tell(draft)
        return len(gone)
