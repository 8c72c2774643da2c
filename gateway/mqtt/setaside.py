"""Entries that the broker will not take, and how they are found. Pure.

Nothing may be lost and nothing may be skipped in silence; but one entry that a broker refuses (too large for it, say)
must not hold up all that follow. Such an entry is *set aside*: the ones after it go out, the published mark on disk
stays below it, so the log keeps it and says so, and it is offered again every `retry` seconds.

Some brokers do not refuse, they hang up: rumqttd on a payload above its limit, any MQTT 3.1.1 broker on a packet above
its limit. So a connection that ends without one PUBACK, again and again, with the same entry the oldest on its way, is
followed by connections that carry one message at a time; when those end, too, that entry was the reason. A line
that breaks at just these moments can put the blame on a sound entry: it is then merely late.
"""

from collections.abc import Iterator
from typing import NamedTuple

SUSPECT_AFTER = 2
"""Connections lost over the same entry before entries are sent one at a time."""
CONVICT_AFTER = 2
"""Connections lost over it, with nothing else on its way, before it is set aside."""
LIMIT = 64
"""So many entries set aside are no accident: then the whole link is at fault."""


class SetAside:
    """`retry`: seconds until an entry is offered again."""

    def __init__(self, retry: float) -> None:
        self._retry = retry
        self._entries: dict[int, _Entry] = {}
        self.reasons: tuple[tuple[int, str], ...] = ()
        """(sequence, why), in order; replaced as a whole, so any thread may read it."""

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._entries

    def __iter__(self) -> Iterator[int]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def full(self) -> bool:
        """Whether no more may be set aside."""
        return len(self._entries) >= LIMIT

    def ceiling(self, settled: int) -> int:
        """How far the published mark may go: `settled`, or just below the first entry that was never published."""
        return min([settled, *(sequence - 1 for sequence, entry in self._entries.items() if entry.unpublished)])

    def add(self, sequence: int, reason: str, now: float, *, unpublished: bool) -> bool:
        """Set it aside. Whether this is news; `unpublished`: it never had a PUBACK."""
        known = self._entries.get(sequence)
        unpublished = unpublished or (known is not None and known.unpublished)
        self._entries[sequence] = _Entry(reason, now + self._retry, unpublished)
        self._list()
        return known is None

    def due(self, now: float) -> int | None:
        """An entry that it is time to offer again."""
        return next((sequence for sequence, entry in self._entries.items() if now >= entry.next_try), None)

    def offered(self, sequence: int, now: float) -> None:
        """It is offered now, and not again for another `retry` seconds."""
        self._entries[sequence] = self._entries[sequence]._replace(next_try=now + self._retry)

    def taken(self, sequence: int) -> bool:
        """The broker took it after all. Whether it was set aside."""
        if self._entries.pop(sequence, None) is None:
            return False
        self._list()
        return True

    def held_elsewhere(self, through: int) -> None:
        """The centre holds everything through here: however it came by it."""
        for sequence in [sequence for sequence in self._entries if sequence <= through]:
            self.taken(sequence)

    def forget(self) -> None:
        """Another log."""
        self._entries.clear()
        self._list()

    def _list(self) -> None:
        self.reasons = tuple(sorted((sequence, entry.reason) for sequence, entry in self._entries.items()))


class _Entry(NamedTuple):
    reason: str
    next_try: float
    unpublished: bool


class Suspicion:
    """Told how connections end, it names the entry over which they do."""

    def __init__(self) -> None:
        self._suspect: int | None = None
        self._lost = 0
        self._lost_alone = 0

    @property
    def one_at_a_time(self) -> bool:
        """Whether to send one message at a time, to be sure."""
        return self._lost >= SUSPECT_AFTER

    def progress(self) -> None:
        """The broker acknowledged something."""
        self._suspect, self._lost, self._lost_alone = None, 0, 0

    def hung_up(self, oldest: int | None, flying: int) -> int | None:
        """The peer ended the connection while `oldest` was the oldest entry of `flying` messages on their way.

        The sequence of the entry that is to blame, if that is now sure.
        """
        if oldest is None:
            return None
        if oldest != self._suspect:
            self._suspect, self._lost, self._lost_alone = oldest, 0, 0
        self._lost_alone += 1 if self.one_at_a_time and flying == 1 else 0
        self._lost += 1
        if self._lost_alone < CONVICT_AFTER:
            return None
        self.progress()
        return oldest
