"""The attendance rows of eight bytes, which name a slot and no person; firmware has two ways to fill them.

A, as pyzk reads it: u16 slot, u8 verify, u32 time, u8 state. B, as the vendor's manual p.17-18 has it and rows of an
MA300 in pyzk issue 99 confirm: u16 slot, u8 flags, u8 0, u32 time, where the flags hold the state in bits 0-2, verify
in bits 3-4 and in bit 5 whether the time is a whole one. `07002800a8eba71e` is slot 7, finger, in, 2016-01-01 19:02:00.
"""

import struct
from collections.abc import Iterable, Iterator

from simulators.zkteco.log import Punch

_A = struct.Struct("<HBIB")
_B = struct.Struct("<HBBI")
_LONG = 0x20
LONGEST_OFFSET = 3600
"""Seconds after which a firmware that writes short rows is taken to write a long one again (a guess)."""


def plain(punch: Punch) -> bytes:
    """Layout A."""
    return _A.pack(punch.uid, punch.verify, punch.stamp, punch.state)


def packed(punch: Punch) -> bytes:
    """Layout B."""
    return _B.pack(punch.uid, _flags(punch) | _LONG, 0, punch.stamp)


def packed_with_short_rows(punches: Iterable[Punch]) -> Iterator[bytes]:
    """Layout B, where rows soon after a long one have bit 5 off and only the seconds since that row in their time.

    The manual tells of such rows and nobody has shown one; that they too are eight bytes long is a guess.
    """
    last: int | None = None
    for punch in punches:
        if last is not None and 0 <= punch.stamp - last <= LONGEST_OFFSET:
            yield _B.pack(punch.uid, _flags(punch), 0, punch.stamp - last)
        else:
            last = punch.stamp
            yield packed(punch)


def _flags(punch: Punch) -> int:
    """Codes that do not fit into their bits lose their upper ones."""
    return (punch.state & 7) | (punch.verify & 3) << 3
