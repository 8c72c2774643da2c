"""Log lines that repeat are counted, not written: each once a minute, then ever less often, and none uncounted.

The first of a kind goes out at once. Those that follow within the minute are held back; the next one after it says
how many they were, and the time doubles, up to an hour: a terminal that is off for a month is 24 lines a day. Where no
next one comes, the last that was held back goes out itself, with its own time, before whatever is logged next, or when
the program ends.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from gateway.plain import said

REPEAT_S = 60.0
LONGEST_S = 3600.0
CALM_S = 600.0
"""Not said for so long: then it is news. Longer than any back-off of ours."""
_REMEMBERED = 500  # different lines

_Key = tuple[str, int, str, str]


def words_of(record: logging.LogRecord) -> str:
    """The message; a wrong call of a logger must not stop a gateway."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


@dataclass(slots=True)
class _Line:
    since: float
    """`time.monotonic()` when it was last let through."""
    seen: float
    """When it last came at all."""
    quiet: float = REPEAT_S
    """For so long after `since` the same is held back."""
    left_out: int = 0
    last: logging.LogRecord | None = None
    """The newest that was held back."""

    def held_back(self, now: float) -> bool:
        return now - self.since < self.quiet and now - self.seen < CALM_S

    def next_quiet(self, now: float) -> float:
        return min(self.quiet * 2, LONGEST_S) if now - self.seen < CALM_S else REPEAT_S


class Repeats(logging.Filter):
    """Lets the same line through once in a while; sets its `left_out`: how often it was held back before."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._lock = threading.Lock()  # handlers filter before they lock
        self._lines: OrderedDict[_Key, _Line] = OrderedDict()
        """The one that was let through longest ago first, which is the first to be forgotten."""
        self._owed: list[logging.LogRecord] = []

    def filter(self, record: logging.LogRecord) -> bool:
        key = _key(record)
        now = self._monotonic()
        with self._lock:
            line = self._lines.get(key)
            if line is not None and line.held_back(now):
                line.seen = now
                line.left_out += 1
                line.last = _without_arguments(record)
                return False
            record.left_out = line.left_out if line else 0
            self._lines[key] = _Line(now, now, line.next_quiet(now) if line else REPEAT_S)
            self._lines.move_to_end(key)
            if len(self._lines) > _REMEMBERED:
                self._owe(self._lines.popitem(last=False)[1])
        return True

    def late(self, *, all: bool = False) -> list[logging.LogRecord]:
        """Lines that were held back and did not come again in their time; with `all`, every one held back."""
        with self._lock:
            now = self._monotonic()
            for line in self._lines.values():
                if all or not line.held_back(now):
                    self._owe(line)
            owed, self._owed = self._owed, []
        return owed

    def _owe(self, line: _Line) -> None:
        if line.last is not None:
            line.last.left_out = line.left_out - 1
            self._owed.append(line.last)
            line.left_out, line.last, line.quiet = 0, None, REPEAT_S


def _key(record: logging.LogRecord) -> _Key:
    error = record.exc_info[1] if record.exc_info else None
    why = "" if error is None else f"{type(error).__name__}: {said(error)}"
    return (record.name, record.levelno, words_of(record), why)


def _without_arguments(record: logging.LogRecord) -> logging.LogRecord:
    """What is needed to write it later, without what it would keep alive."""
    kept = logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, words_of(record), None, None)
    kept.created = record.created
    return kept
