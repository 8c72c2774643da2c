"""The terminal's operation log: what administrators did at it, and whether somebody but us set its clock.

A record is 16 bytes: u16 0, u8 code, u8, u32 packed time, four u16 (rec:169-180). Only records that came since we last
looked are reported, found by the counter; the past of a terminal that we meet for the first time is not our business.
A clock that was set shows as code 21, whoever did it. While this process watches it knows when it was itself. What was
done before bears `"watched": false`, and `gateway.recorder`, which remembers longer, tells ours from other people's.
"""

from collections import Counter, deque
from struct import Struct
from typing import NamedTuple

from gateway.drivers.zkteco import packed_time
from gateway.reading import Finding

CLOCK_SET = 21
_ROW = Struct("<2xBxI8x")
_NAMES = {
    0: "power",
    1: "power",
    3: "alarm",
    5: "option changed",
    9: "user deleted",
    13: "data cleared",
    CLOCK_SET: "clock set",
    22: "factory reset",
    23: "log deleted",
}
_NEAR = 60
"""Seconds between the time of a record and one of the two times of the setting that it records."""


class Operation(NamedTuple):
    """One record."""

    code: int
    packed: int
    raw: bytes


def decode(body: bytes) -> list[Operation] | None:
    """The records, oldest first; None when the bytes are not whole records."""
    if len(body) % _ROW.size:
        return None
    rows = (body[at : at + _ROW.size] for at in range(0, len(body), _ROW.size))
    return [Operation(code, packed, row) for row in rows for code, packed in (_ROW.unpack(row),)]


class OperationWatch:
    """What is new in one terminal's operation log."""

    def __init__(self) -> None:
        self.seen: int | None = None
        """The counter when we last looked; None: never."""
        self._watched = False
        self._ours: deque[tuple[int, int]] = deque(maxlen=16)

    def begin(self, seen: int | None) -> None:
        """Go on from the counter that an earlier process of ours saw."""
        if self.seen is None:
            self.seen = seen

    def is_news(self, counter: int | None) -> bool:
        """Whether the log is worth reading now; a first look only takes note."""
        if counter is None or counter == self.seen:
            self._watched = True
            return False
        if self.seen is None:
            self.seen, self._watched = counter, True
            return False
        return True

    def we_set(self, before: int, after: int) -> None:
        """We set the clock, from one packed time to another."""
        self._ours.append((before, after))

    def report(self, serial: str, operations: list[Operation], counter: int) -> list[Finding]:
        """Findings about what was done since the last look; `counter` is what the terminal counts now."""
        fresh = counter - (self.seen or 0)
        start = max(0, len(operations) - fresh) if fresh > 0 else 0
        ours = self._take_ours(operations, start)
        occurrences: Counter[bytes] = Counter()
        found = []
        for number, operation in enumerate(operations):
            occurrence = occurrences[operation.raw]
            occurrences[operation.raw] += 1
            if number >= start and number not in ours:
                found.append(self._finding(serial, operation, occurrence))
        self.seen, self._watched = counter, True
        return found

    def _finding(self, serial: str, operation: Operation, occurrence: int) -> Finding:
        detail: dict[str, object] = {"code": operation.code, "time": packed_time.unpack(operation.packed)}
        if operation.code in _NAMES:
            detail["name"] = _NAMES[operation.code]
        word = "terminal-operation"
        if operation.code == CLOCK_SET:
            word = "terminal-clock-changed"
            detail |= {} if self._watched else {"watched": False}
        return Finding(word, serial, detail, operation.raw, key=f"operation:{operation.raw.hex()}:{occurrence}")

    def _take_ours(self, operations: list[Operation], start: int) -> set[int]:
        """Which of the new records are our own settings of the clock: of those that may be, the last.

        A clock that we put right was set wrong by somebody a moment before, and one of the two times is the same.
        """
        ours: set[int] = set()
        for setting in list(self._ours):
            for number in range(len(operations) - 1, start - 1, -1):
                if number not in ours and _may_be(operations[number], setting):
                    ours.add(number)
                    self._ours.remove(setting)
                    break
        return ours


def _may_be(operation: Operation, setting: tuple[int, int]) -> bool:
    return operation.code == CLOCK_SET and any(abs(operation.packed - packed) <= _NEAR for packed in setting)
