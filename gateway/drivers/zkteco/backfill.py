"""A log that was read in full, as readings and findings in order. Pure.

The cursor of the whole read goes with the last punch, which is handed out last of all: whoever has that one on disk has
everything before it on disk.
"""

from collections import Counter
from collections.abc import Iterator

from gateway.drivers.zkteco.attlog import Row, Table
from gateway.drivers.zkteco.names import Names
from gateway.drivers.zkteco.ordinals import LogOrdinals
from gateway.drivers.zkteco.readings import reading, unreadable
from gateway.reading import Finding, Reading

MAX_FINDINGS = 1000
"""Unreadable records of one read that are reported one by one."""


def reports(table: Table, start: int, *, serial: str, names: Names, cursor: str) -> Iterator[Reading | Finding]:
    """The records from number `start` on."""
    if start >= len(table):
        return
    ordinals = LogOrdinals(table)
    bad = _BadRecords(serial)
    held: tuple[int, Row] | None = None

    def punch(index: int, row: Row, at_end: str | None = None) -> Reading:
        return reading(
            row,
            table.raw(index),
            serial=serial,
            names=names,
            ordinal=ordinals.of(index, row),
            origin="log",
            record=index,
            cursor=at_end,
        )

    for index in range(start, len(table)):
        row = table.row(index)
        if isinstance(row, str):
            yield from bad.report(table.raw(index), row)
            continue
        if held is not None:
            yield punch(*held)
        held = (index, row)
    yield from bad.rest()
    if held is not None:
        yield punch(*held, at_end=cursor)


class _BadRecords:
    """Reports unreadable records, each once, and no more than is good for the log."""

    def __init__(self, serial: str) -> None:
        self._serial = serial
        self._seen: Counter[bytes] = Counter()
        self._count = 0

    def report(self, raw: bytes, reason: str) -> list[Finding]:
        self._count += 1
        if self._count > MAX_FINDINGS:
            return []
        occurrence = self._seen[raw]
        self._seen[raw] += 1
        return [unreadable(self._serial, raw, reason, origin="log", occurrence=occurrence)]

    def rest(self) -> list[Finding]:
        if self._count <= MAX_FINDINGS:
            return []
        detail: dict[str, object] = {"reason": "and more records that cannot be read", "count": self._count}
        return [Finding("record-unreadable", self._serial, detail, key=f"unreadable:{self._serial}:{self._count}")]
