"""Log lines that repeat are counted, not written: each once a minute, and none uncounted.

The first of a kind goes out at once. Those that follow within the minute are held back; the next one after it says
how many they were. Where no next one comes, the last that was held back goes out itself, with its own time, before
whatever is logged next, or when the program ends.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from gateway.plain import said

REPEAT_S = 60.0
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
    left_out: int = 0
    last: logging.LogRecord | None = None
    """The newest that was held back."""


class Repeats(logging.Filter):
    """Lets the same line through once in REPEAT_S seconds; sets its `left_out`: how often it was held back before."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._lock = threading.Lock()  # handlers filter before they lock
        self._lines: OrderedDict[_Key, _Line] = OrderedDict()
        """The one that was let through longest ago first."""
        self._owed: list[logging.LogRecord] = []

    def filter(self, record: logging.LogRecord) -> bool:
        key = _key(record)
        now = self._monotonic()
        with self._lock:
            line = self._lines.get(key)
            if line is not None and now - line.since < REPEAT_S:
                line.left_out += 1
                line.last = _without_arguments(record)
                return False
            record.left_out = 0 if line is None else line.left_out
            self._lines[key] = _Line(now)
            self._lines.move_to_end(key)
            if len(self._lines) > _REMEMBERED:
                self._owe(self._lines.popitem(last=False)[1])
        return True

    def late(self, *, all: bool = False) -> list[logging.LogRecord]:
        """Lines that were held back and did not come again within their minute; with `all`, every one held back."""
        with self._lock:
            now = self._monotonic()
            for line in self._lines.values():
                if now - line.since < REPEAT_S and not all:
                    break
                self._owe(line)
            owed, self._owed = self._owed, []
        return owed

    def _owe(self, line: _Line) -> None:
        if line.last is not None:
            line.last.left_out = line.left_out - 1
            self._owed.append(line.last)
            line.left_out, line.last = 0, None


def _key(record: logging.LogRecord) -> _Key:
    error = record.exc_info[1] if record.exc_info else None
    why = "" if error is None else f"{type(error).__name__}: {said(error)}"
    return (record.name, record.levelno, words_of(record), why)


def _without_arguments(record: logging.LogRecord) -> logging.LogRecord:
    """What is needed to write it later, without what it would keep alive."""
    kept = logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, words_of(record), None, None)
    kept.created = record.created
    return kept
