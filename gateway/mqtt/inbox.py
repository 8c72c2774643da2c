"""Everything that happens to the forwarder, from any thread, in one bounded queue; its thread has this one wait.

paho holds its own lock while it calls `on_publish`, and holds it, too, inside `publish()`: a callback that takes any
lock which is also held around `publish()` stops both threads for good. So callbacks only put things here.
"""

import queue
import threading
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
_Queued = Acknowledged | Subscribed | Arrived | Closed | str | None


class Inbox:
    """`latest`: topics of which only the newest message matters."""

    def __init__(self, latest: frozenset[str]) -> None:
        self._latest_topics = latest
        self._queue: queue.SimpleQueue[_Queued] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._latest: dict[str, Arrived] = {}
        self._commands = 0
        self._woken = False
        self.dropped = 0
        """Messages that found no room."""

    def put(self, event: Acknowledged | Subscribed | Closed) -> None:
        """At most as many as the connection has messages on their way, and a few."""
        self._queue.put(event)

    def arrive(self, message: Arrived) -> None:
        """A message from the broker; of the `latest` topics it replaces one that still waits."""
        with self._lock:
            if message.topic in self._latest_topics:
                queued: _Queued = message.topic if message.topic not in self._latest else None
                self._latest[message.topic] = message
                if queued is None:
                    return
            elif self._commands >= MAX_COMMANDS:
                self.dropped += 1
                return
            else:
                self._commands += 1
                queued = message
        self._queue.put(queued)

    def wake(self) -> None:
        """There is something to look at elsewhere: new entries, replies, the end."""
        with self._lock:
            if self._woken:
                return
            self._woken = True
        self._queue.put(None)

    def drain(self, timeout: float) -> list[Event]:
        """What happened, in order; waits at most `timeout` seconds for something. Empty after a `wake`, too."""
        events: list[Event] = []
        try:
            self._take(self._queue.get(timeout=max(timeout, 0)), events)
            for _ in range(self._queue.qsize()):
                self._take(self._queue.get_nowait(), events)
        except queue.Empty:
            pass
        return events

    def forget(self) -> None:
        """Drop what came from a connection that is no more."""
        while self.drain(0):
            pass

    def _take(self, queued: _Queued, events: list[Event]) -> None:
        with self._lock:
            if queued is None:
                self._woken = False
            elif isinstance(queued, str):
                events.append(self._latest.pop(queued))
            else:
                self._commands -= isinstance(queued, Arrived)
                events.append(queued)
