"""When to look at a terminal's counters, and when to read its whole log. Moments are `time.monotonic()`, seconds."""

import math
import time

from gateway.drivers.zkteco.terminal import Options

_BLIND = 3
"""Where the number of records tells nothing, the log is read again every this many times `reconcile`."""
_REST = 5
"""After a read that something odd had called for, the next such read waits this many times as long as it took."""


class Schedule:
    """Of one session; a read is due at once."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._next_look = 0.0
        self._next_read = 0.0
        self._wanted = self._called_for = False
        self._rested_at = 0.0
        self._began_at = 0.0

    def want_read(self) -> None:
        """Something came that only the log can settle."""
        self._wanted = True

    def read_is_due(self) -> bool:
        """Whether the whole log is to be read now."""
        now = time.monotonic()
        return now >= self._next_read or (self._wanted and now >= self._rested_at)

    def look_is_due(self, heard_at: float) -> bool:
        """Whether the counters are to be asked for now."""
        return time.monotonic() >= self._look_at(heard_at)

    def next_moment(self, heard_at: float) -> float:
        """When something is due again."""
        return min(self._next_read, self._look_at(heard_at), self._rested_at if self._wanted else math.inf)

    def looked(self, *, blind: bool) -> None:
        """The counters were asked for. `blind`: the number of records tells nothing (any more)."""
        now = time.monotonic()
        self._next_look = now + self._options.reconcile
        if blind:
            self._next_read = min(self._next_read, now + _BLIND * self._options.reconcile)

    def want_look(self) -> None:
        """The counters are about to tell something."""
        self._next_look = 0.0

    def reading(self) -> None:
        """The log is about to be read: what wants a read from here on wants another."""
        self._began_at = time.monotonic()
        self._called_for, self._wanted = self._wanted, False

    def was_read(self, *, blind: bool, believed: bool) -> None:
        """The log was read. `blind`: the number of records tells nothing; `believed`: something could be made of it."""
        now = time.monotonic()
        patience = self._options.reread
        if blind:
            patience = min(patience, _BLIND * self._options.reconcile)
        if not believed:
            patience = self._options.reconcile
        if self._called_for:
            self._rested_at = now + _REST * (now - self._began_at)
        self._next_look, self._next_read = now + self._options.reconcile, now + patience

    def _look_at(self, heard_at: float) -> float:
        """A connection that is dead looks just like a door that nobody uses: so ask after some quiet as well."""
        return min(self._next_look, heard_at + self._options.quiet)
