"""What a connection reports, in order and bounded, and the bell with which other threads ask to be looked at.

The inbox is filled while the session works and emptied right after it, by the same thread. paho holds its own lock
while it calls back, so callbacks only put things here.
"""

import contextlib
import os
import weakref
from collections import deque
from typing import NamedTuple

MAX_COMMANDS = 32
"""Commands that may wait; further ones are dropped and counted."""


class Acknowledged(NamedTuple):
    """PUBACK: `reason` below 0x80 is a success."""

    mid: int
    reason: int


class Subscribed(NamedTuple):
    """SUBACK: a reason from 0x80 is a refusal; in the order of the topics."""

    reasons: tuple[int, ...]


class Arrived(NamedTuple):
    """A message from the broker."""

    topic: str
    payload: bytes
    retained: bool


class Closed(NamedTuple):
    """The connection ended; `line` says why, for a person."""

    line: str
    by_peer: bool


Event = Acknowledged | Subscribed | Arrived | Closed


class Bell:
    """Wakes a thread that waits in poll(2); rung from any thread, never blocks."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)

    def fileno(self) -> int:
        """What to wait for: readable once it was rung."""
        return self._fd

    def ring(self) -> None:
        """There is something to look at: new entries, replies, the end."""
        os.eventfd_write(self._fd, 1)

    def silence(self) -> None:
        """It was heard. Look at everything after this, not before."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._fd)


class Inbox:
    """`latest`: topics of which only the newest message matters. All but the bell is for one thread."""

    def __init__(self, latest: frozenset[str]) -> None:
        self._latest_topics = latest
        self._waiting: deque[Event | str] = deque()
        """A topic stands for the newest message of it."""
        self._latest: dict[str, Arrived] = {}
        self._commands = 0
        self.bell = Bell()
        self.dropped = 0
        """Messages that found no room."""

    def put(self, event: Acknowledged | Subscribed | Closed) -> None:
        """At most as many as the connection has messages on their way, and a few."""
        self._waiting.append(event)

    def arrive(self, message: Arrived) -> None:
        """A message from the broker; of the `latest` topics it replaces one that still waits."""
        if message.topic in self._latest_topics:
            if message.topic not in self._latest:
                self._waiting.append(message.topic)
            self._latest[message.topic] = message
        elif self._commands >= MAX_COMMANDS:
            self.dropped += 1
        else:
            self._commands += 1
            self._waiting.append(message)

    @property
    def waiting(self) -> int:
        """How much `drain` would give."""
        return len(self._waiting)

    def drain(self) -> list[Event]:
        """What happened since the last call, in order."""
        if not self._waiting:
            return []
        events = [self._latest.pop(item) if isinstance(item, str) else item for item in self._waiting]
        self._waiting.clear()
        self._commands = 0
        return events

    def forget(self) -> None:
        """Drop what came from a connection that is no more."""
        self.drain()
