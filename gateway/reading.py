"""What a driver gives and what it must offer: the seam between devices and everything else.

A driver keeps to the device's own words: who and when are the text the device gave. It knows no time zone, no
database, no MQTT, and starts no thread; `gateway.device` does all of that for every driver alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

Method = Literal["finger", "card", "face", "palm", "pin", "password", "other"]
Direction = Literal["in", "out", "break_out", "break_in", "overtime_in", "overtime_out", "none"]
Origin = Literal["live", "log", "push"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One punch as the device reported it."""

    serial: str
    """Serial number of the device that recorded the punch."""
    person: str
    """Whom the device named, as text: `1042`; for a card the hex of its UID."""
    local_time: str
    """`YYYY-MM-DDTHH:MM:SS` by the device's own clock, no zone; may denote a day that does not exist."""
    raw: bytes
    """The record exactly as received."""
    method: Method = "other"
    direction: Direction = "none"
    origin: Origin = "log"
    scheme: Literal["pin", "card"] = "pin"
    """How `person` is to be read: the device's user number, or a card's UID."""
    ordinal: int = 0
    """How many records of the same person and second came before it, in one full read of the device's log, or
    since a live session began. Part of the punch's identity."""
    extra: dict[str, object] = field(default_factory=dict)
    """Further facts of the device for `data.device` (e.g. work code, where the name came from)."""
    known_as: str | None = None
    """What the record itself has for the person, where `person` was looked up in a list that changes: the punch
    stays the same fact when the list does."""
    cursor: str | None = None
    """Where to go on after this reading; the loop keeps it once the reading is on disk and hands it to `open`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a supervisor must be able to see later: becomes an audit entry."""

    event: str
    """A word of the contract's list of audit events, e.g. `record-unreadable`, `log-cleared`, `tamper-alarm`."""
    serial: str
    detail: dict[str, object] = field(default_factory=dict)
    raw: bytes | None = None
    """The bytes it is about, exactly as received."""
    key: str | None = None
    """Set when the same fact may be found again (a bad record in the device's log): same key, one entry."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The device's clock, read just now."""

    serial: str
    local_time: str
    """`YYYY-MM-DDTHH:MM:SS`, the device's own wall clock."""
    taken_at: float
    """`time.monotonic()` halfway between question and answer, seconds."""
    round_trip: float
    """Seconds between question and answer: half of it is the uncertainty of the comparison."""
    cursor: str | None = None
    """As `Reading.cursor`: what is known of the device changed although nobody punched."""


Report = Reading | Finding | ClockReading


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """What a driver knows of its device, for the health message and the technician's page."""

    serial: str = ""
    model: str = ""
    firmware: str = ""
    records: int | None = None
    """Punches in the device's own log, if it says so."""
    capacity: int | None = None
    users: int | None = None
    progress: str = ""
    """What a long operation is doing, e.g. `reading log 40960/4000000 bytes`; empty when idle."""


class Driver(Protocol):
    """One device. All calls but `close` come from one thread."""

    def open(self, since: str | None) -> None:
        """Connect. `since` is the last cursor kept for this device, or None. Raises DriverError."""

    def poll(self, timeout: float) -> Sequence[Report]:
        """What is new, waiting at most about `timeout` seconds; empty: nothing yet. Raises DriverError.

        A call says that everything returned before is on disk: the driver may now acknowledge it to the device.
        """

    def close(self) -> None:
        """Let go of the device. May be called twice, and from any thread: it frees a stuck `poll`."""

    def status(self) -> DeviceStatus:
        """What is known without asking the device; callable from any thread."""


@runtime_checkable
class RereadableLog(Protocol):
    """A driver whose device has a log that can be read again."""

    def reread(self) -> None:
        """A live punch was taken for a fact that is known: let the device's log tell, soon. Asks the device nothing."""


@runtime_checkable
class SettableClock(Protocol):
    """A driver whose device has a clock that we can read when we want to, and set."""

    def read_clock(self) -> ClockReading:
        """Read the device's clock now. Raises DriverError."""

    def set_clock(self, local_time: str) -> None:
        """Set the device's wall clock (`YYYY-MM-DDTHH:MM:SS`). Raises DriverError."""
