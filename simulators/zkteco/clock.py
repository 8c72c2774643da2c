"""The terminal's own wall clock and the two ways in which it writes a time.

The clock has no zone and knows nothing of ours: it may be wrong, drift, jump, or stand at 2000 after its battery died.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST = datetime.fromisoformat("2000-01-01T00:00:00")
LAST = datetime.fromisoformat("2099-12-31T23:59:59")


def jakarta() -> datetime:
    """What a right clock on a wall in western Indonesia shows."""
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Jakarta")).replace(tzinfo=None)


def stamp(moment: datetime) -> int:
    """A wall time as u32: seconds in months of 31 days and years of 12 such months, from 2000 (vendor manual p.14)."""
    return stamp_of(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


def stamp_of(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """As `stamp`, but able to say a day that does not exist, as terminals can (31 February)."""
    days = (year % 100) * 372 + (month - 1) * 31 + day - 1
    return days * 86400 + (hour * 60 + minute) * 60 + second


def fields(value: int) -> tuple[int, int, int, int, int, int]:
    """Year since 2000, month, day, hour, minute, second of a u32 time."""
    value, second = divmod(value, 60)
    value, minute = divmod(value, 60)
    value, hour = divmod(value, 24)
    value, day = divmod(value, 31)
    year, month = divmod(value, 12)
    return year, month + 1, day + 1, hour, minute, second


def text(value: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS` of a u32 time, even of a day that does not exist."""
    year, month, day, hour, minute, second = fields(value)
    return f"{2000 + year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def moment(value: int) -> datetime:
    """The wall time of a u32. Raises ValueError for a day that does not exist."""
    return datetime.fromisoformat(text(value))


class TerminalClock:
    """A clock beside the true one: off by a step, and off by more each second.

    `source` gives the true local time without zone; a test hands in its own.
    """

    def __init__(self, source: Callable[[], datetime] = jakarta) -> None:
        self._source = source
        self._anchor = source()
        self._shown = self._anchor
        self.drift_ppm = 0.0

    def now(self) -> datetime:
        """What the terminal shows now; it stops at either end of its century."""
        passed = self._source() - self._anchor
        return min(max(self._shown + passed + passed * (self.drift_ppm / 1e6), FIRST), LAST)

    def stamp(self) -> int:
        """What the terminal writes now, whole seconds."""
        return stamp(self.now())

    def set(self, shown: datetime) -> None:
        """Set the clock; drift goes on from there."""
        self._anchor, self._shown = self._source(), min(max(shown, FIRST), LAST)

    def shift(self, seconds: float) -> None:
        """Step the clock by so many seconds."""
        self.set(self.now() + timedelta(seconds=seconds))

    def drift(self, ppm: float) -> None:
        """Let the clock gain `ppm` microseconds a second from now on (negative: lose)."""
        self.set(self.now())
        self.drift_ppm = ppm

    def offset(self) -> float:
        """Seconds by which the clock is ahead of the true one."""
        return (self.now() - self._source()).total_seconds()
