"""Live events: what the payload of a command-500 frame says. Pure.

Only event code 1 (EF_ATTLOG) is a punch; the same twelve bytes under EF_ALARM are a duress alarm. A punch's payload:

| bytes | fields                                                               | seen on            |
|-------|----------------------------------------------------------------------|--------------------|
| 10    | u16 uid, u8 verify, u8 (low nibble state, high nibble valid), 6 time | V p.19; ZEM560     |
| 12    | u32 user id, u8 verify, u8 state, 6 time                             | base.py:1342       |
| 14    | as 10, and 4 more                                                    | ZEM300 (issue 164) |
| 32    | 24 s user id, u8 verify, u8 state, 6 time                            | rt:98-129          |
| 36 37 | as 32, and 4 or 5 more                                               | base.py; issue 153 |
| 52+   | as 32, and 20 or more                                                | base.py:1342       |

Any other length is unreadable: a back-fill finds the punch in the log.
"""

from struct import Struct
from typing import NamedTuple

from gateway.drivers.zkteco import codes, ids, packed_time
from gateway.drivers.zkteco.attlog import Row

_UID = Struct("<HBB6s")
_NUMBER = Struct("<IBB6s")
_TEXT = Struct("<24sBB6s")
_WORD = Struct("<I")


class Alarm(NamedTuple):
    """An alarm of the terminal."""

    word: str
    """`tamper-alarm`, `duress-alarm` or `alarm`, as in contract.audit."""
    code: int | None
    """First word of the payload; None when there is none."""


class UsersChanged(NamedTuple):
    """Somebody enrolled a user or a finger at the terminal."""

    code: int


class Unreadable(NamedTuple):
    """A punch, by its event code, whose payload cannot be decoded."""

    reason: str


class Ignored(NamedTuple):
    """An event that is neither a punch nor evidence (a finger laid on, a door opened)."""

    code: int


Event = Row | Alarm | UsersChanged | Unreadable | Ignored


def decode(code: int, payload: bytes) -> Event:
    """What an event with this code and payload says; any code and bytes are answered, none raises."""
    if code == codes.EF_ATTLOG:
        return _punch(payload)
    if code == codes.EF_ALARM:
        return _alarm(payload)
    if code in (codes.EF_ENROLL_USER, codes.EF_ENROLL_FINGER):
        return UsersChanged(code)
    return Ignored(code)


def _punch(payload: bytes) -> Row | Unreadable:
    size = len(payload)
    if size in (10, 14):
        uid, verify, state, six = _UID.unpack_from(payload)
        person, state = None, state & 0x0F
        known = uid not in (0, 0xFFFF)
    elif size == 12:
        number, verify, state, six = _NUMBER.unpack_from(payload)
        uid, person = None, ids.from_number(number)
        known = person is not None
    elif size in (32, 36, 37) or size >= 52:
        field, verify, state, six = _TEXT.unpack_from(payload)
        uid, person = None, ids.from_field(field)
        known = person is not None
    else:
        return Unreadable(f"an event of {size} bytes is not known")
    if not known:
        return Unreadable("it names no user")
    local_time = packed_time.from_six(six)
    if local_time is None:
        return Unreadable("its time is not a time")
    return Row(person, uid, local_time, verify, state)


def _alarm(payload: bytes) -> Alarm:
    code = _WORD.unpack_from(payload)[0] if len(payload) >= _WORD.size else None
    if code == codes.ALARM_TAMPER:
        return Alarm("tamper-alarm", code)
    if len(payload) == 12:
        return Alarm("duress-alarm", code)
    return Alarm("alarm", code)
