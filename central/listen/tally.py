"""What a listener has seen so far, in numbers and in its last rows. Pure."""

from collections import deque
from dataclasses import dataclass, field

from central.listen.arrival import Arrival
from central.listen.marks import LATE, REPLAYED, UNSYNCED

ROWS = 200
"""Arrivals that are kept to be shown."""


@dataclass
class Tally:
    """Counts since the start, the newest arrivals, and the state of the connection."""

    state: str = ""
    connected: bool = False
    entries: int = 0
    """Everything that could be read."""
    unreadable: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("punch", "audit", "checkpoint"), 0))
    marked: dict[str, int] = field(default_factory=lambda: dict.fromkeys((LATE, REPLAYED, UNSYNCED), 0))
    rows: deque[Arrival] = field(default_factory=lambda: deque(maxlen=ROWS))

    def add(self, arrival: Arrival) -> None:
        """Count an arrival and keep it as the newest row."""
        self.rows.append(arrival)
        if arrival.error:
            self.unreadable += 1
            return
        self.entries += 1
        self.kinds[arrival.kind] += 1
        for mark in arrival.marks:
            self.marked[mark] += 1

    def summary(self) -> str:
        """One line, e.g. `212 punches: 3 late, 1 replayed; 2 unreadable`."""
        kinds = [_counted(count, kind) for kind, count in self.kinds.items() if count or kind == "punch"]
        marks = [f"{count} {mark}" for mark, count in self.marked.items() if count]
        text = ", ".join(kinds) + (f": {', '.join(marks)}" if marks else "")
        return text + (f"; {self.unreadable} unreadable" if self.unreadable else "")


_NAMES = {
    "punch": ("punch", "punches"),
    "audit": ("audit entry", "audit entries"),
    "checkpoint": ("checkpoint", "checkpoints"),
}


def _counted(count: int, kind: str) -> str:
    one, many = _NAMES[kind]
    return f"{count} {one if count == 1 else many}"
