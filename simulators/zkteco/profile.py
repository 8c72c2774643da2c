"""What kind of terminal it is: the layouts and habits that firmware generations differ in."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from simulators.zkteco.events import NUMBER_LENGTH
from simulators.zkteco.records import ATTLOG_LAYOUTS, NUMBERS_ONLY, USER_LAYOUTS


class ProfileError(ValueError):
    """A profile cannot be so; the message names the key and what it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One firmware generation. Lengths in bytes, times in seconds. Raises ProfileError for what cannot be."""

    name: str
    tcp: bool = True
    udp: bool = False
    user_length: int = 72
    attlog_layout: str = "40"
    """A key of `records.ATTLOG_LAYOUTS`."""
    event_length: int = 32
    sizes_length: int = 92
    count_reported: bool = True
    """Whether the sizes tell how many records there are; some new firmware always says 0 (pyzk issue 170)."""
    buffered_read: bool = True
    """Whether command 1503 is known; older firmware only has the plain read of command 13."""
    small_set: int = 1024
    """A buffered read of at most so many bytes is answered at once."""
    restart_acknowledged: bool = False
    pin_width: int = 9
    log_capacity: int = 100_000
    user_capacity: int = 5_000
    finger_capacity: int = 3_000
    face_capacity: int = 0
    pause: float = 0.002
    """Between two frames on the wire, so that each arrives in a segment of its own."""
    restart_seconds: float = 30.0
    firmware: str = "Ver 6.60 Apr 26 2016"
    options: dict[str, str] = field(default_factory=dict)
    """What OPTIONS_RRQ knows besides serial number and addresses."""

    def __post_init__(self) -> None:
        _require("user_length", self.user_length in USER_LAYOUTS, _listed(USER_LAYOUTS))
        _require("attlog_layout", self.attlog_layout in ATTLOG_LAYOUTS, _listed(ATTLOG_LAYOUTS))
        _require("event_length", 1 <= self.event_length <= 1000, "1 to 1000")
        _require("sizes_length", 80 <= self.sizes_length <= 512, "80 to 512")
        _require("tcp, udp", self.tcp or self.udp, "at least one of them true")

    @property
    def numbers_only(self) -> bool:
        """Whether user ids must be numbers."""
        narrow = self.attlog_layout in NUMBERS_ONLY or self.event_length == NUMBER_LENGTH
        return self.user_length == 28 or narrow


def changed(profile: Profile, assignments: list[str]) -> Profile:
    """The profile with `KEY=VALUE` assignments applied. Raises ProfileError."""
    values: dict[str, object] = {}
    for assignment in assignments:
        key, _, text = assignment.partition("=")
        current = getattr(profile, key, None) if key in CHANGEABLE else None
        _require(key, current is not None, f"one of {', '.join(CHANGEABLE)}, as KEY=VALUE")
        values[key] = _read(key, current, text)
    return replace(profile, **values)  # type: ignore[arg-type]  # each value has the type of the one it replaces


def _read(key: str, current: object, text: str) -> object:
    if isinstance(current, bool):
        _require(key, text in ("true", "false"), "true or false")
        return text == "true"
    if isinstance(current, int):
        _require(key, text.isascii() and text.isdigit() and len(text) < 10, "a number")
        return int(text)
    return text


def _require(key: str, holds: bool, may_be: str) -> None:  # noqa: FBT001  the fact that is required
    if not holds:
        raise ProfileError(f"{key} must be {may_be}")


def _listed(names: Iterable[object]) -> str:
    return f"one of {', '.join(map(str, names))}"


CHANGEABLE = (
    "tcp", "udp", "user_length", "attlog_layout", "event_length", "sizes_length", "count_reported", "buffered_read",
    "small_set", "restart_acknowledged", "pin_width",
)  # fmt: skip
"""What may be changed of a profile, as after a firmware update."""
