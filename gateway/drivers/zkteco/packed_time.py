"""The terminal's wall clock as it stands in records: seconds in months of 31 days, counted from 2000.

    t = ((year % 100 * 12 + month - 1) * 31 + day - 1) * 86400 + (hour * 60 + minute) * 60 + second

(V p.14; base.py:309-357.) No zone, no daylight saving, and every month has 31 days, so it can name days that do not
exist: they stay text.
(The divisor 365 in zk-protocol's terminal.md is a slip: it is wrong from 29 June 2026 to the year's end.)
"""

import re
from functools import lru_cache

_MINUTE = 60
_HOUR = 3600
_DAY = 86400
_MONTH = 31 * _DAY
_YEAR = 12 * _MONTH
_TWO = [f"{number:02}" for number in range(60)]
BEYOND = 100 * _YEAR
"""First value that no terminal can write: the year in the formula is taken modulo 100."""

_TEXT = re.compile(r"20(\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)", re.ASCII)


def unpack(packed: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS` of an unsigned 32-bit packed time; 31 February comes out as such."""
    days, rest = divmod(packed, _DAY)
    hour, rest = divmod(rest, _HOUR)
    minute, second = divmod(rest, _MINUTE)
    return f"{_day(days)}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}"


@lru_cache(1024)  # a log holds many punches of few days
def _day(days: int) -> str:
    months, day = divmod(days, 31)
    year, month = divmod(months, 12)
    return f"{2000 + year}-{month + 1:02}-{day + 1:02}"


def pack(local_time: str) -> int:
    """The packed form of `YYYY-MM-DDTHH:MM:SS`, years 2000 to 2099. Raises ValueError for anything else."""
    match = _TEXT.fullmatch(local_time)
    if match is None:
        raise ValueError(f"not a time of 2000 to 2099 in the form YYYY-MM-DDTHH:MM:SS: {local_time!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    if not _in_range(month, day, hour, minute, second):
        raise ValueError(f"no such time of day or month: {local_time!r}")
    return year * _YEAR + (month - 1) * _MONTH + (day - 1) * _DAY + hour * _HOUR + minute * _MINUTE + second


def from_six(raw: bytes) -> str | None:
    """The time of a live event: six bytes yy mm dd hh mm ss (rt:107-119). None when they are not a time."""
    year, month, day, hour, minute, second = raw
    if year > 99 or not _in_range(month, day, hour, minute, second):
        return None
    return f"{2000 + year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def _in_range(month: int, day: int, hour: int, minute: int, second: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60
