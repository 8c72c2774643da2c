"""Where we stood in a terminal's log: how many records, and what they were, so that a change of the past shows. Pure.

A terminal numbers nothing and answers every question with its whole log. So a place is a count and three digests: of
all records up to it, of the last few before it, and of the first few. Compared with the log as it is now they tell
growth from a ring that overwrote its oldest, a log that was cleared, cut off or altered.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import msgspec

from gateway.drivers.zkteco.attlog import Row, Table
from gateway.drivers.zkteco.ordinals import key
from gateway.reading import Finding

_WINDOW = 8
"""Records in the first and in the last few: enough that no other place of a log looks the same."""

Change = Literal["", "log-cleared", "log-shrunk", "log-wrapped"]


class Place(msgspec.Struct, frozen=True):
    """Everything before this place was handed out, and is on disk once the cursor is."""

    serial: str
    layout: str
    count: int
    all: str
    head: str
    tail: str
    firmware: str = ""
    operations: int | None = None
    """What the terminal counted in its operation log."""
    full: bool = False
    """Whether it was told that the log is full."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """How a log relates to a place."""

    start: int
    """First record that was not there before (0 when there is no telling)."""
    change: Change = ""
    """Word of contract.audit for what happened to records that were there; empty: they are all still there."""
    gone: int = 0
    """How many records are gone, as far as it can be told."""


def at_end(table: Table, serial: str, firmware: str) -> Place:
    """The place after the last record of a log."""
    count = len(table)
    return Place(
        serial=serial,
        layout=table.layout.name,
        count=count,
        all=_digest(table, 0, count),
        head=_digest(table, 0, min(count, _WINDOW)),
        tail=_digest(table, max(0, count - _WINDOW), count),
        firmware=firmware,
    )


def resume(place: Place, table: Table) -> Resumption:
    """Where to go on in `table` after `place`."""
    count = len(table)
    if place.count == 0 or (place.layout == table.layout.name and _digest(table, 0, place.count) == place.all):
        return Resumption(place.count)
    if place.layout != table.layout.name:
        return Resumption(0) if count else Resumption(0, "log-cleared", place.count)
    end = _find(table, place)
    if end is not None and end < place.count:
        return Resumption(end, "log-wrapped", place.count - end)
    if end is not None or _same_head(table, place):
        return Resumption(0, "log-shrunk", max(0, place.count - count))
    return Resumption(0, "log-cleared", place.count)


def evidence(place: Place, found: Resumption, table: Table, *, full: bool) -> Finding:
    """What `found` means to a supervisor. `full`: the log is at its capacity, where losing the oldest is usual."""
    word: str = found.change
    if word in ("log-wrapped", "log-shrunk"):
        word = "log-wrapped" if full else "log-shrunk"
    oldest = table.row(0) if len(table) else ""
    month = oldest.local_time[:7] if isinstance(oldest, Row) else "?"  # a ring wraps all the time: once a month will do
    detail: dict[str, object] = {"before": place.count, "now": len(table), "gone": found.gone}
    return Finding(word, place.serial, detail, key=month if word == "log-wrapped" else place.all)


def vanished(place: Place, table: Table, counted: int, live: Collection[Hashable]) -> Finding | None:
    """Evidence that records made since `place` are gone: the terminal counted them, and told us of some `live`.

    None unless every one of those is gone: a number of records alone may have been a lie.
    """
    if counted <= len(table) or not live:
        return None
    rows = (table.row(index) for index in range(place.count, len(table)))
    if any(isinstance(row, Row) and key(row) in live for row in rows):
        return None
    detail: dict[str, object] = {"before": counted, "now": len(table), "gone": counted - len(table)}
    return Finding("log-shrunk" if len(table) else "log-cleared", place.serial, detail)


def to_text(place: Place) -> str:
    """The cursor that the loop keeps: JSON."""
    return msgspec.json.encode(place).decode()


def from_text(text: str | None) -> Place | None:
    """The place of a cursor; None for a cursor that is none of ours (then the whole log is read as new)."""
    if text is None:
        return None
    try:
        place = msgspec.json.decode(text, type=Place)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return place if place.count >= 0 else None


def _find(table: Table, place: Place) -> int | None:
    """Number of records up to and including the last few of `place`, as far up the log as they are found."""
    width = min(place.count, _WINDOW)
    for end in range(len(table), width - 1, -1):
        if _digest(table, end - width, end) == place.tail:
            return end
    return None


def _same_head(table: Table, place: Place) -> bool:
    """Whether the first few records are those that were first."""
    return len(table) > 0 and _digest(table, 0, min(place.count, _WINDOW)) == place.head


def _digest(table: Table, start: int, end: int) -> str:
    """Of the records start..end; of a range that the log does not have, one that equals no other."""
    if end > len(table):
        return ""
    size = table.layout.size
    return sha256(memoryview(table.data)[start * size : end * size]).hexdigest()[:24]
