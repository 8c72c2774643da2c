"""One record of the attendance log, in each layout that terminals are known to write. Pure.

| layout | bytes | fields, little-endian                                                   | source              |
|--------|-------|-------------------------------------------------------------------------|---------------------|
| 8a     | 8     | u16 uid, u8 verify, u32 time, u8 state                                  | base.py:1622        |
| 8b     | 8     | u16 uid, u8 flags (b0-2 state, b3-4 verify, b5 long), u8 0, u32 time    | V p.17-18; issue 99 |
| 16     | 16    | u32 user id, u32 time, u8 state, u8 verify, u16 reserved, u32 work code | V p.18              |
| 40     | 40    | u16 number, 24 s user id, u8 verify, u32 time, u8 state, 8 reserved     | rec:74-84           |
| 49     | 49    | as 40, and 9 more                                                       | issue 174, pull 166 |

pyzk names the two bytes of layout 16 the other way round (base.py:1635); we follow the vendor's struct.
A record of layout 8b without its `long` bit holds an offset from an earlier record instead of a time; how wide it is
nobody has shown on a real terminal, so it is unreadable, not guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from gateway.drivers.zkteco import ids, packed_time

_LONG = 0x20
_SPARE_FLAGS = 0xC0
_NO_TIME = "its time lies beyond 2099"
_NO_PERSON = "it names no user"


class Row(NamedTuple):
    """What one record says, in the terminal's own words."""

    person: str | None
    """The user id as text; None when the record has only `uid`."""
    uid: int | None
    """The terminal's internal user number, which it reuses; None when the record has a user id."""
    local_time: str
    """`YYYY-MM-DDTHH:MM:SS`, the terminal's wall clock."""
    verify: int
    state: int
    work_code: int = 0


Reader = Callable[[bytes, int], Row | str]
"""(data, offset) -> the row, or why it cannot be read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How records of one kind are laid out."""

    name: str
    size: int
    """Bytes from one record to the next."""
    read: Reader
    has_person: bool
    """Whether records name the user id; otherwise only the internal number."""


_8A = Struct("<HBIB")
_8B = Struct("<HBBI")
_16 = Struct("<IIBB2xI")
_40 = Struct("<2x24sBIB8x")


def _read_8a(data: bytes, at: int) -> Row | str:
    uid, verify, packed, state = _8A.unpack_from(data, at)
    return _internal(uid, packed, verify, state)


def _read_8b(data: bytes, at: int) -> Row | str:
    uid, flags, zero, packed = _8B.unpack_from(data, at)
    if zero or flags & _SPARE_FLAGS:
        return "bits are set whose meaning is not known"
    if not flags & _LONG:
        return "a short record, without a year"
    return _internal(uid, packed, flags >> 3 & 3, flags & 7)


def _internal(uid: int, packed: int, verify: int, state: int) -> Row | str:
    if uid in (0, 0xFFFF):
        return _NO_PERSON
    if packed >= packed_time.BEYOND:
        return _NO_TIME
    return Row(None, uid, packed_time.unpack(packed), verify, state)


def _read_16(data: bytes, at: int) -> Row | str:
    number, packed, state, verify, work_code = _16.unpack_from(data, at)
    person = ids.from_number(number)
    if person is None:
        return _NO_PERSON
    if packed >= packed_time.BEYOND:
        return _NO_TIME
    return Row(person, None, packed_time.unpack(packed), verify, state, work_code)


def _read_40(data: bytes, at: int) -> Row | str:
    field, verify, packed, state = _40.unpack_from(data, at)
    person = ids.from_field(field)
    if person is None:
        return _NO_PERSON
    if packed >= packed_time.BEYOND:
        return _NO_TIME
    return Row(person, None, packed_time.unpack(packed), verify, state)


LAYOUT_8A = Layout("8a", 8, _read_8a, has_person=False)
LAYOUT_8B = Layout("8b", 8, _read_8b, has_person=False)
LAYOUT_16 = Layout("16", 16, _read_16, has_person=True)
LAYOUT_40 = Layout("40", 40, _read_40, has_person=True)
LAYOUT_49 = Layout("49", 49, _read_40, has_person=True)
LAYOUTS = (LAYOUT_8A, LAYOUT_8B, LAYOUT_16, LAYOUT_40, LAYOUT_49)


def layout_named(name: str | None) -> Layout | None:
    """The layout of that name; None for no name and for one that is not known (any more)."""
    return next((layout for layout in LAYOUTS if layout.name == name), None)


@dataclass(frozen=True, slots=True)
class Table:
    """An attendance log: whole records of one layout, end to end."""

    layout: Layout
    data: bytes

    def __len__(self) -> int:
        """Number of records."""
        return len(self.data) // self.layout.size

    def raw(self, index: int) -> bytes:
        """The bytes of a record, exactly as received."""
        size = self.layout.size
        return self.data[index * size : (index + 1) * size]

    def row(self, index: int) -> Row | str:
        """What a record says, or why it cannot be read."""
        return self.layout.read(self.data, index * self.layout.size)
