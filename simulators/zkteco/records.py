"""How a terminal writes its records, one function a layout; which one it uses is its profile's business.

Sources: zk-protocol data-record.md and data-user.md for 40 and 72 bytes (captures of an F19); the vendor's manual
p.15-18 and pyzk's unpack strings for the others. Where they differ or say nothing, `docs/simulators.md` says so.
"""

import struct
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain

from simulators.zkteco import rows_8
from simulators.zkteco.log import Deed, Punch
from simulators.zkteco.roster import User

_USER_28 = struct.Struct("<HB5s8sIBBHI")
_USER_72 = struct.Struct("<HB8s24sIBHHHH24s")
_ATTLOG_16 = struct.Struct("<IIBBHI")
_ATTLOG_40 = struct.Struct("<H24sBIB8s")
_DEED_16 = struct.Struct("<HBBI4H")
_TAIL_40 = bytes.fromhex("00000000ff000000")
LEAD_IN = bytes.fromhex("ff3235350000000000")
"""Nine bytes that some new firmware puts before rows (pyzk pull request 236)."""


def user_28(user: User) -> bytes:
    """A user on a terminal with a black and white screen; user numbers only."""
    password, name = user.password.encode()[:5], user.name.encode()[:8]
    return _USER_28.pack(user.uid, user.privilege, password, name, user.card, 0, user.group, 0, int(user.user_id))


def user_from_28(data: bytes) -> User:
    """A user as a client uploads it. Raises struct.error for any other length."""
    uid, privilege, password, name, card, _, group, _, user_id = _USER_28.unpack(data)
    return User(uid, str(user_id), _text(name), privilege, _text(password), card, group)


def user_72(user: User) -> bytes:
    """A user on a terminal with a colour screen; the name ends in a NUL within its 24 bytes."""
    name = user.name.encode()[:23]
    user_id, password = user.user_id.encode()[:24], user.password.encode()[:8]
    return _USER_72.pack(user.uid, user.privilege, password, name, user.card, user.group, 0, 0, 0, 0, user_id)


def user_from_72(data: bytes) -> User:
    """A user as a client uploads it. Raises struct.error for any other length."""
    uid, privilege, password, name, card, group, *_, user_id = _USER_72.unpack(data)
    return User(uid, _text(user_id) or str(uid), _text(name), privilege, _text(password), card, group)


def attlog_16(punch: Punch) -> bytes:
    """u32 user number, u32 time, u8 state, u8 verify, 2 reserved, u32 work code (vendor's manual p.18)."""
    return _ATTLOG_16.pack(int(punch.user_id), punch.stamp, punch.state, punch.verify, 0, punch.workcode)


def attlog_40(punch: Punch) -> bytes:
    """A punch on a terminal with a colour screen."""
    user_id = punch.user_id.encode()[:24]
    return _ATTLOG_40.pack(punch.uid, user_id, punch.verify, punch.stamp, punch.state, _TAIL_40)


def attlog_49(punch: Punch) -> bytes:
    """40 bytes and nine more, of which nothing is established; sent as zeros."""
    return attlog_40(punch) + bytes(9)


def attlog_49_lead(punch: Punch) -> bytes:
    """Nine bytes of lead-in before each row of 40."""
    return LEAD_IN + attlog_40(punch)


def deed_16(deed: Deed) -> bytes:
    """An entry of the operation log."""
    return _DEED_16.pack(0, deed.code, 0, deed.stamp, *deed.values)


def _text(padded: bytes) -> str:
    return padded.split(b"\0")[0].decode(errors="replace")


Rows = Iterable[bytes]


def _each(row: Callable[[Punch], bytes], punches: Iterable[Punch]) -> Rows:
    return map(row, punches)


def _after_one_lead_in(punches: Iterable[Punch]) -> Rows:
    return chain((LEAD_IN,), map(attlog_40, punches))


USER_LAYOUTS: dict[int, Callable[[User], bytes]] = {28: user_28, 72: user_72}
USER_READERS: dict[int, Callable[[bytes], User]] = {28: user_from_28, 72: user_from_72}
ATTLOG_LAYOUTS: dict[str, Callable[[Iterable[Punch]], Rows]] = {
    "8A": partial(_each, rows_8.plain),
    "8B": partial(_each, rows_8.packed),
    "8B-short": rows_8.packed_with_short_rows,
    "16": partial(_each, attlog_16),
    "40": partial(_each, attlog_40),
    "40-lead": _after_one_lead_in,
    "49": partial(_each, attlog_49),
    "49-lead": partial(_each, attlog_49_lead),
}
"""Layouts of the attendance log by the name a profile gives them."""
NUMBERS_ONLY = frozenset({"16"})
"""Layouts that have room for a user number and not for letters."""
