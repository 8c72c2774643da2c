"""How a log is kept."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.log.disk import Disk


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How a log is kept."""

    gateway: str
    """Name of the gateway, the first half of the log's id."""
    source: str
    """`/<site>/<gateway>`: the source of the log's own audit entries."""
    now: Callable[[], str]
    """The time for `recordedtime`, RFC 3339 with offset."""
    confirm: str = "central"
    """`central`: only a watermark confirms. `broker`: a PUBACK does."""
    max_bytes: int = 512 << 20
    segment_bytes: int = 1 << 20
    allow_volatile: bool = False
    remembered: int = 2_000_000
    """Facts that are known again when they come again; at least this many of the newest."""
    bad_bytes: int = 64 << 20
    """What `.bad` files may take together."""
    disk: Disk = Disk()  # noqa: RUF009 - it has no state
