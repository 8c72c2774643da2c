"""What a terminal sends unasked: the data of each event, after the 8-byte header."""

import struct

from simulators.zkteco import clock
from simulators.zkteco.log import Punch
from simulators.zkteco.roster import User

_SLOT = struct.Struct("<HBB6s")
_NUMBER = struct.Struct("<IBB6s")
_TEXT = struct.Struct("<24sBB6s")
_DURESS = struct.Struct("<IHHI")
_ENROLLED = struct.Struct("<HH9sB")
SCORE_GOOD = bytes((100,))
NUMBER_LENGTH = 12

ALARMS = {
    "exit-button": bytes.fromhex("35000000"),
    "tamper": bytes.fromhex("37000000"),
    "misoperation": bytes.fromhex("3a000000"),
    "door-closed": bytes.fromhex("5400000000000000"),
}
"""EF_ALARM without a person; the first byte says what (zk-protocol realtime.md)."""
PERSON_ALARMS = {"duress": 0x20, "passback": 0x22}


def attlog(punch: Punch, length: int) -> bytes:
    """EF_ATTLOG in `length` bytes; the time is year since 2000, month, day, hour, minute, second.

    10 and 14: u16 slot, u8 verify, u8 with the state in its low and validity in its high half (vendor's manual p.19).
    12: u32 user number, u8 verify, u8 state. All others: 24 bytes of user id, u8 verify, u8 state, cut or padded with
    zeros to the length; what firmware puts into those bytes is not established.
    """
    time = bytes(clock.fields(punch.stamp))
    if length in (10, 14):
        return _SLOT.pack(punch.uid, punch.verify, 0x10 | punch.state & 0x0F, time).ljust(length, b"\0")
    if length == NUMBER_LENGTH:
        return _NUMBER.pack(int(punch.user_id), punch.verify, punch.state, time)
    return _TEXT.pack(punch.user_id.encode()[:24], punch.verify, punch.state, time).ljust(length, b"\0")[:length]


def verify(user: User | None) -> bytes:
    """EF_VERIFY: slot of the person (all ones: unknown) and three bytes of which the first is 1."""
    return struct.pack("<I", user.uid if user else 0xFFFFFFFF) + b"\x01\0\0"


def person_alarm(kind: str, user: User, verify_code: int) -> bytes:
    """EF_ALARM of 12 bytes: all ones, u16 kind, u16 slot, u32 how the person was recognised."""
    return _DURESS.pack(0xFFFFFFFF, PERSON_ALARMS[kind], user.uid, verify_code)


def enrolled(user: User, finger: int, size: int) -> bytes:
    """EF_ENROLLFINGER of a finger that was taken: u16 0, u16 size of the template, 9 bytes of user id, u8 finger."""
    return _ENROLLED.pack(0, size, user.user_id.encode()[:9], finger)
