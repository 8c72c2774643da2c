"""All epochs of one log: the present one takes entries, older ones wait for retention. Not thread-safe."""

import logging
from collections.abc import Iterator
from pathlib import Path

from gateway.entries import Draft
from gateway.log import leftovers, retention
from gateway.log.disk import Disk, unwritable
from gateway.log.epoch import Epoch, Making, create, discard_unfinished, epochs
from gateway.log.evidence import Gone
from gateway.log.journal import Journal
from gateway.log.seen import Seen

logger = logging.getLogger(__name__)


class History:
    """The folder `<data>/log`. Methods that touch the disk raise OSError."""

    def __init__(self, root: Path, gateway: str, *, disk: Disk, segment_bytes: int) -> None:
        self._root, self._gateway, self._disk, self._segment_bytes = root, gateway, disk, segment_bytes
        self.seen = Seen()
        self.older: list[Journal] = []
        self._present: Journal | None = None
        self._number = 0
        self._made: Epoch | None = None

    def load(self) -> list[str]:
        """Open every epoch there is; their logids, oldest first."""
        self._disk.mkdir(self._root)
        self._disk.sync_folder(self._root.parent)
        discard_unfinished(self._disk, self._root)
        self._disk.sync_folder(self._root)  # whoever gave an epoch its name may have been killed before it did that
        known = epochs(self._disk, self._root, self._gateway)
        self.older = [self._journal(epoch, ended=True) for epoch in known[:-1]]
        if known:
            self._present, self._number = self._journal(known[-1]), known[-1].number
        return [epoch.logid for epoch in known]

    @property
    def present(self) -> Journal:
        """The epoch that takes entries."""
        assert self._present is not None, "load or begin comes first"  # noqa: S101
        return self._present

    def all(self) -> list[Journal]:
        """Every epoch, oldest first."""
        return [*self.older, self.present]

    @property
    def size(self) -> int:
        """Bytes of all segments of all epochs."""
        return sum(journal.size for journal in self.older) + self.present.size

    # A new epoch

    def begin(self, first: Draft, after: int, now: str) -> None:
        """Open a new epoch: `first`, and what the present one holds above `after`.

        When it raises, the present epoch goes on, unless the new one is complete and only its name may not be on the
        medium yet: then `unsettled` says so, and nothing may be recorded before a further call has succeeded.
        """
        if self._made is None:
            carried = self._carried(after)
            if self._present is not None:
                self._present.seal()
            self._made = create(
                self._disk,
                Making(self._root, self._gateway, self._number + 1, self._segment_bytes, first, carried),
                now,
            )
        self._disk.sync_folder(self._root)
        journal = self._journal(self._made)
        self.older += [self._present] if self._present is not None else []
        self._present, self._number, self._made = journal, self._made.number, None

    @property
    def unsettled(self) -> bool:
        """Whether a new epoch is there that could not be entered yet."""
        return self._made is not None

    def _carried(self, after: int) -> Iterator[bytes]:
        while self._present is not None and (batch := self._present.read_after(after, 500)):
            yield from (entry.raw for entry in batch)
            after = batch[-1].sequence

    def _journal(self, epoch: Epoch, *, ended: bool = False) -> Journal:
        return Journal(
            epoch.folder, epoch.logid, self.seen, disk=self._disk, segment_bytes=self._segment_bytes, ended=ended
        )

    # Space

    def expire(self, *, confirmed: int, before: str | None, max_bytes: int) -> list[Gone]:
        """Delete what retention lets go, oldest first; as far as the disk lets it."""
        gone = []
        plan = retention.plan(self.older, self.present, confirmed=confirmed, before=before, max_bytes=max_bytes)
        for journal, segment in plan:
            try:
                journal.drop(segment)
            except OSError as error:
                logger.warning("%s", unwritable("delete an old segment", segment.path, error))
                break
            gone.append(Gone(journal.logid, segment.first, segment.last))
        return gone

    def tidy(self, *, before: str | None, remembered: int, bad_bytes: int) -> None:
        """Bound what is left behind by segments that are gone: memories of facts, `.bad` files, empty folders."""
        leftovers.forget(self.all(), remembered)
        leftovers.delete_bad(self._disk, [journal.folder for journal in self.all()], before, bad_bytes)
        self.older = [journal for journal in self.older if not leftovers.delete_empty(self._disk, journal)]
