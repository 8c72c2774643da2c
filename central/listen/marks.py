"""What is remarkable about an entry: late, replayed, unsynced. Pure, and bounded in what it remembers."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime

LATE = "late"
"""Recorded more than LATE_AFTER seconds after the punch, or so it says."""
REPLAYED = "replayed"
"""Seen before: a sequence not above the highest of its log, or the same fact by (source, id)."""
UNSYNCED = "unsynced"
"""Its time comes from a clock that nobody vouches for, or it has none."""

LATE_AFTER = 60.0
LOGS = 10_000
FACTS = 50_000


class Marker:
    """Remembers the highest sequence of so many logs and so many facts, the least recent going first."""

    def __init__(self, logs: int = LOGS, facts: int = FACTS) -> None:
        self._highest: OrderedDict[Hashable, int] = OrderedDict()
        self._facts: OrderedDict[Hashable, int] = OrderedDict()
        self._logs, self._limit = logs, facts

    def marks(self, event: dict[str, object]) -> tuple[str, ...]:
        """The marks of an entry as `contract.entry.parse` gives it; remembers the entry."""
        found = []
        if (delay := seconds_late(event)) is not None and delay > LATE_AFTER:
            found.append(LATE)
        if self._seen(event):
            found.append(REPLAYED)
        if _unsynced(event):
            found.append(UNSYNCED)
        return tuple(found)

    def _seen(self, event: dict[str, object]) -> bool:
        logid, sequence = str(event["logid"]), int(str(event["sequence"]))
        highest = self._highest.get(logid, 0)
        _remember(self._highest, logid, max(highest, sequence), self._logs)
        fact = hash((event["source"], event["id"]))
        known = fact in self._facts
        _remember(self._facts, fact, 0, self._limit)
        return known or sequence <= highest


def seconds_late(event: dict[str, object]) -> float | None:
    """Seconds from the punch to its recording; None without two times that can be compared."""
    time, recorded = moment(event.get("time")), moment(event.get("recordedtime"))
    return None if time is None or recorded is None else (recorded - time).total_seconds()


def moment(text: object) -> datetime | None:
    """The instant of an RFC 3339 text; None for anything else, a day that does not exist, or one without offset."""
    try:
        value = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if value.tzinfo is None else value


def _unsynced(event: dict[str, object]) -> bool:
    if event["type"] != "ketuk.punch.v1":
        return False
    data = event["data"]
    clock = data.get("clock") if isinstance(data, dict) else None
    state = clock.get("state") if isinstance(clock, dict) else None
    return state != "synced" or moment(event.get("time")) is None


def _remember(memory: OrderedDict[Hashable, int], key: Hashable, value: int, limit: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > limit:
        memory.popitem(last=False)
