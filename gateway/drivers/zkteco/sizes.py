"""The counters a terminal gives for GET_FREE_SIZES: i32 values at fixed offsets (term:99-138; base.py:652-680). Pure.

80 and 92 bytes are understood; longer replies exist (112 bytes, issue 170) in which the number of records reads 0 on a
terminal full of them. So a 0 in a reply of another length means "not told".
"""

from dataclasses import dataclass
from struct import Struct

_UNDERSTOOD = (80, 92)
_LARGEST_BLOCK = 999
"""Most records that a ring deletes at once to make room ("Cyclic Del", FingerTec TA500 p.25)."""
_ROOMY = 0.9
_I32 = Struct("<i")
_USERS, _FINGERS, _RECORDS, _OPERATIONS, _ADMINS, _PASSWORDS, _CAPACITY = 16, 24, 32, 40, 48, 52, 64


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the terminal holds; None: it does not tell."""

    records: int | None = None
    """Punches in the attendance log."""
    capacity: int | None = None
    """Punches that the log can hold."""
    users: int | None = None
    fingers: int | None = None
    admins: int | None = None
    passwords: int | None = None
    operations: int | None = None
    """Entries of the operation log."""

    @property
    def full(self) -> bool:
        """Whether the log has reached its capacity: from here on the number of records tells nothing."""
        return bool(self.capacity) and self.records is not None and self.records >= (self.capacity or 0)

    @property
    def roomy(self) -> bool:
        """Whether there is so much room that being full would be news again; a ring that deletes its oldest is not."""
        return bool(self.capacity) and self.records is not None and self.records < _ROOMY * (self.capacity or 0)

    def may_overwrite(self, records: int) -> bool:
        """Whether a log of so many records is full, or was a moment ago and has deleted its oldest to make room."""
        return bool(self.capacity) and records + _LARGEST_BLOCK >= (self.capacity or 0)


def decode(data: bytes) -> Sizes:
    """The counters in a reply of any length; never an error."""

    def at(offset: int) -> int | None:
        if len(data) < offset + _I32.size:
            return None
        value: int = _I32.unpack_from(data, offset)[0]
        if value < 0 or (value == 0 and len(data) not in _UNDERSTOOD):
            return None
        return value

    return Sizes(
        records=at(_RECORDS),
        capacity=at(_CAPACITY),
        users=at(_USERS),
        fingers=at(_FINGERS),
        admins=at(_ADMINS),
        passwords=at(_PASSWORDS),
        operations=at(_OPERATIONS),
    )
