"""The entries that go out next, read from the log a few at a time."""

from collections import deque
from collections.abc import Iterable

from gateway.entries import Outbox, Stored
from gateway.mqtt.resends import Resends

READ_AHEAD = 64
"""Entries read at a time."""


class Supply:
    """Raises LogError where the log cannot be read; nothing is skipped then."""

    def __init__(self, outbox: Outbox, resends: Resends) -> None:
        self._outbox, self._resends = outbox, resends
        self._ahead: deque[Stored] = deque()
        self._again: deque[Stored] = deque()

    def new(self, after: int, end: int) -> Stored | None:
        """The next entry above `after`, if the log goes to `end`."""
        if not self._ahead and end > after:
            self._ahead.extend(self._outbox.read(after, READ_AHEAD))
        return self._ahead.popleft() if self._ahead else None

    def again(self, room: int, now: float, blocked: Iterable[int]) -> Stored | None:
        """The next entry that somebody asked for, and that may be sent now; see Resends.take."""
        if not self._again and self._resends.waiting:
            wanted = self._resends.take(room, now, blocked)
            if wanted is not None:
                self._again.extend(self._outbox.replay(*wanted))
        return self._again.popleft() if self._again else None

    def one(self, sequence: int) -> Stored | None:
        """This entry, if the log still holds it."""
        return next(iter(self._outbox.replay(sequence, sequence)), None)

    @property
    def reading_again(self) -> bool:
        """Whether entries that somebody asked for were read and not handed out yet."""
        return bool(self._again)

    def rewind(self) -> None:
        """Forget what was read: it is from another place now."""
        self._ahead.clear()
        self._again.clear()
