"""The terminal's own logs: punches, with the three ways in which firmware meets a full log, and operations."""

from collections import deque
from collections.abc import Iterator
from typing import Literal, NamedTuple

WhenFull = Literal["ring", "refuse", "hang"]
WHEN_FULL: tuple[WhenFull, ...] = ("ring", "refuse", "hang")
OPLOG_CAPACITY = 10_000


class Punch(NamedTuple):
    """One record of attendance as the terminal holds it."""

    uid: int
    user_id: str
    verify: int
    state: int
    stamp: int
    """Terminal's wall time, u32 (`clock.stamp`)."""
    workcode: int = 0


class Deed(NamedTuple):
    """One record of the operation log."""

    code: int
    stamp: int
    values: tuple[int, int, int, int] = (0, 0, 0, 0)


class LogFull(Exception):
    """There is no room for a punch."""

    def __init__(self, message: str, *, hangs: bool) -> None:
        super().__init__(message)
        self.hangs = hangs
        """Whether the firmware stops over it."""


class PunchLog:
    """Punches in the order in which they came.

    `ring` drops the oldest `block` records to make room (FingerTec TA500 manual p.25: "delete earlier records"),
    `refuse` keeps what it has and takes no more, `hang` stops the terminal until it is restarted (pyzk issue 93).
    """

    def __init__(self, capacity: int, when_full: WhenFull = "ring", block: int = 1) -> None:
        self.capacity = capacity
        self.when_full = when_full
        self.block = block
        self.deleted = 0
        """Records that the ring has dropped so far."""
        self._punches: deque[Punch] = deque()

    def __len__(self) -> int:
        return len(self._punches)

    def __iter__(self) -> Iterator[Punch]:
        return iter(self._punches)

    def append(self, punch: Punch) -> None:
        """Keep a punch. Raises LogFull."""
        if len(self._punches) >= self.capacity:
            self._make_room()
        self._punches.append(punch)

    def _make_room(self) -> None:
        if self.when_full != "ring":
            hangs = self.when_full == "hang"
            what = "the firmware hangs" if hangs else "it refuses more"
            raise LogFull(f"the log holds {len(self)} of {self.capacity} records and {what}", hangs=hangs)
        for _ in range(min(len(self), max(self.block, len(self) - self.capacity + 1))):
            self._punches.popleft()
            self.deleted += 1

    def clear(self) -> None:
        """Delete all records."""
        self._punches.clear()


class DeedLog:
    """The operation log: a ring of fixed size."""

    def __init__(self) -> None:
        self._deeds: deque[Deed] = deque(maxlen=OPLOG_CAPACITY)

    def __len__(self) -> int:
        return len(self._deeds)

    def __iter__(self) -> Iterator[Deed]:
        return iter(self._deeds)

    def append(self, deed: Deed) -> None:
        """Keep a deed, dropping the oldest one if there is no room."""
        self._deeds.append(deed)

    def clear(self) -> None:
        """Delete all deeds."""
        self._deeds.clear()
