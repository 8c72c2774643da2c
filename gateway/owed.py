"""Evidence that is owed to the log: recorded at once, or, while the disk refuses, as soon as it takes it again."""

import threading
from collections import deque
from collections.abc import Callable

from gateway.errors import LogError

MOST = 200
"""Entries that wait; of more, how many were left out is told with the next."""

Append = Callable[[str, dict[str, object]], None]
"""(word of contract.audit.EVENTS, detail). Raises LogError."""


class Owed:
    """In order, each once. Any thread. `now` is the time as text: what comes late says since when it is known."""

    def __init__(self, append: Append, now: Callable[[], str], failed: Callable[[LogError], None]) -> None:
        self._append, self._now, self._failed = append, now, failed
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, dict[str, object]]] = deque()
        self._left_out = 0

    def record(self, event: str, detail: dict[str, object]) -> None:
        """Record it now if that is possible."""
        with self._lock:
            if len(self._waiting) >= MOST:
                self._left_out += 1
                return
            if self._left_out:
                detail, self._left_out = {**detail, "left_out_before": self._left_out}, 0
            known_since = self._now()
            self._waiting.append((event, detail))
            if not self._settle():
                self._waiting[-1] = (event, {**detail, "at": known_since})

    def settle(self) -> bool:
        """Record what waits; whether nothing waits any more."""
        with self._lock:
            return self._settle()

    def _settle(self) -> bool:
        while self._waiting:
            try:
                self._append(*self._waiting[0])
            except LogError as error:
                self._failed(error)
                return False
            self._waiting.popleft()
        return True
