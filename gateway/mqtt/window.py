"""What is on its way without a PUBACK, and the mark that this leaves behind. Pure: no clock, no socket.

A connection may have only so many QoS 1 messages unacknowledged. Three kinds share the places: entries that go out
for the first time (`new`), entries that go out again, and messages that are not entries (status, health, replies).
Only the first kind moves the mark. New entries are handed out in rising order, PUBACKs may come in any; so everything
below the oldest new entry on its way is done, and holes in the log's numbers need no book-keeping.
"""

from collections.abc import KeysView
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flight:
    """One message on its way."""

    sequence: int | None
    """None: not an entry."""
    new: bool
    sent_at: float
    order: int
    """Of sending, over all messages of the connection."""


class Window:
    """The places of one connection after another; `after` is the mark to start from, `size` the places."""

    def __init__(self, after: int, size: int) -> None:
        self.size = size
        self.sent = after
        """The last new entry handed out."""
        self._flights: dict[int, Flight] = {}
        self._entries: dict[int, int] = {}
        """Sequence of an entry on its way → how often it is."""
        self._new: dict[int, None] = {}
        self._orders = 0
        self._last_acked_order = 0
        self._last_ack_at = float("-inf")

    @property
    def room(self) -> int:
        """Places left."""
        return self.size - len(self._flights)

    @property
    def flying(self) -> int:
        """Messages on their way."""
        return len(self._flights)

    @property
    def settled(self) -> int:
        """Every new entry through here had its PUBACK, or was passed by."""
        return next(iter(self._new)) - 1 if self._new else self.sent

    @property
    def entries(self) -> KeysView[int]:
        """Sequences of the entries on their way."""
        return self._entries.keys()

    def oldest_entry(self) -> int | None:
        """The sequence of the entry that was sent first of those on their way."""
        return next((f.sequence for f in self._flights.values() if f.sequence is not None), None)

    def add(self, mid: int, sequence: int | None, now: float, *, new: bool = False) -> None:
        """`mid` was just sent. A new entry's sequence must be above all before it."""
        self._orders += 1
        self._flights[mid] = Flight(sequence, new, now, self._orders)
        if sequence is not None:
            self._entries[sequence] = self._entries.get(sequence, 0) + 1
        if new and sequence is not None:
            self._new[sequence] = None
            self.sent = sequence

    def get(self, mid: int) -> Flight | None:
        """What is on its way under this name."""
        return self._flights.get(mid)

    def acked(self, mid: int, now: float) -> None:
        """The broker answered for `mid`, which is on its way. A mark may pass it now."""
        flight = self._flights.pop(mid)
        self._last_ack_at = now
        self._last_acked_order = max(self._last_acked_order, flight.order)
        if flight.sequence is not None:
            self._landed(flight.sequence)
            if flight.new:
                self._new.pop(flight.sequence, None)

    def overdue(self, now: float, timeout: float) -> Flight | None:
        """The message whose PUBACK was withheld: it waited `timeout` seconds, and either nothing was acknowledged
        for as long, or something sent after it was. (On a slow line answers come late, but in order.)"""
        oldest = next(iter(self._flights.values()), None)
        if oldest is None or now - oldest.sent_at <= timeout:
            return None
        silent = now - max(self._last_ack_at, oldest.sent_at) > timeout
        return oldest if silent or self._last_acked_order > oldest.order else None

    def skip(self, sequence: int) -> None:
        """This entry, the next in line, is not sent now: the mark may pass it."""
        self.sent = sequence

    def pass_by(self, sequence: int) -> None:
        """This new entry is on its way, but the mark need not wait for it."""
        self._new.pop(sequence, None)

    def move(self, after: int) -> None:
        """Go on after this mark, up or down; what is on its way keeps its places but no longer moves the mark."""
        self._new.clear()
        self.sent = after

    def dropped(self) -> None:
        """The connection is gone, and with it every answer: go on from the mark."""
        self.sent = self.settled
        self._new.clear()
        self._flights.clear()
        self._entries.clear()

    def _landed(self, sequence: int) -> None:
        left = self._entries[sequence] - 1
        if left:
            self._entries[sequence] = left
        else:
            del self._entries[sequence]
