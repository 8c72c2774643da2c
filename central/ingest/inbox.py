"""What arrived, gathered into batches by count or time. One thread puts, another takes."""

import threading
from collections import deque

from central.ingest.arrival import Arrival

MOST = 20_000
"""Messages that wait at most: more than any broker lets be on their way; above it somebody floods us with QoS 0."""

LINGERS = 20
"""So many pauses a batch makes for more at most: a trickle must not keep it open."""


class Inbox:
    """Of the present connection; `forget` when it is over, since the broker sends again what was not acknowledged."""

    def __init__(self) -> None:
        self._waiting: deque[Arrival] = deque()
        self._changed = threading.Condition()
        self._wanted = 1
        """Whoever waits is to be woken when there are so many."""
        self._overflowed = False

    def put(self, arrival: Arrival) -> None:
        """One more."""
        with self._changed:
            if len(self._waiting) >= MOST:
                self._overflowed = True
                return
            self._waiting.append(arrival)
            if len(self._waiting) >= self._wanted:
                self._changed.notify()

    def wake(self) -> None:
        """Whoever waits for a batch is to look up."""
        with self._changed:
            self._changed.notify_all()

    def batch(self, most: int, linger: float, patience: float) -> list[Arrival]:
        """At most `most` messages: as soon as there are so many, or none came for `linger` seconds, or after LINGERS
        times that; an empty list when there was none within `patience` seconds, or somebody woke us."""
        with self._changed:
            if not self._waiting:
                self._wanted = 1
                self._changed.wait(patience)
            # Woken once a batch, not once a message: each time costs as much as to read one.
            self._wanted = most
            seen = 0
            for _ in range(LINGERS):
                if not seen < len(self._waiting) < most:
                    break
                seen = len(self._waiting)
                self._changed.wait(linger)
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def overflowed(self) -> bool:
        """Whether messages found no room since the last time this was asked."""
        with self._changed:
            overflowed, self._overflowed = self._overflowed, False
            return overflowed

    def forget(self) -> None:
        """What waits came on a connection that is over."""
        with self._changed:
            self._waiting.clear()
