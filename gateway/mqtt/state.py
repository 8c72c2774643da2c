"""What the forwarder lets others see: for the health message, the technician's page and `ketuk run`."""

from dataclasses import dataclass, field
from typing import Literal

Central = Literal["online", "cannot write", "unknown"]


@dataclass(slots=True)
class Counters:
    """Since the start of the program; only the forwarder's thread counts."""

    connects: int = 0
    failures: int = 0
    """Connections that could not be made or broke."""
    published: int = 0
    """Entries with a PUBACK, each time counted."""
    resent: int = 0
    """Of these, those that were sent again because the centre asked."""
    republished: int = 0
    """How often everything unconfirmed was sent again because the watermark stood still."""
    refused: int = 0
    """PUBACKs that said no."""
    acks_timed_out: int = 0
    """Connections given up because a PUBACK was withheld."""
    watermarks: int = 0
    commands: int = 0
    bad_messages: int = 0
    """Messages from the broker that broke the contract."""
    dropped_messages: int = 0
    """Commands that found the queue full."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """A snapshot. Moments are `time.monotonic()`."""

    connected: bool = False
    since: float = 0.0
    """When it became what it is."""
    last_error: str | None = None
    """The newest trouble, one line; kept after it is over."""
    warning: str | None = None
    """What is wrong although the connection stands, e.g. a refused subscription."""
    next_try: float | None = None
    """When the next connection is tried; None while connected or trying."""
    central: Central = "unknown"
    in_flight: int = 0
    waiting_resend: int = 0
    """Entries that the centre asked for and that have not gone out yet."""
    set_aside: tuple[tuple[int, str], ...] = ()
    """Entries that the broker would not take: (sequence, why)."""
    counters: Counters = field(default_factory=Counters)
