"""What a terminal sends unasked: the data of each event, after the 8-byte header."""

import struct

from simulators.zkteco import clock
from simulators.zkteco.log import Punch
from simulators.zkteco.roster import User

_PERSON_32 = struct.Struct("<24sBB6s")
SCORE_GOOD = bytes((100,))


def attlog(punch: Punch, length: int) -> bytes:
    """EF_ATTLOG: 24 s user id, u8 verify, u8 state, then year since 2000, month, day, hour, minute, second.

    What the bytes after the first 32 mean is not established; they are sent as zeros.
    """
    time = bytes(clock.fields(punch.stamp))
    return _PERSON_32.pack(punch.user_id.encode()[:24], punch.verify, punch.state, time).ljust(length, b"\0")


def verify(user: User | None) -> bytes:
    """EF_VERIFY: slot of the person (all ones: unknown) and three bytes of which the first is 1."""
    return struct.pack("<I", user.uid if user else 0xFFFFFFFF) + b"\x01\0\0"
