"""How a terminal writes its records, one function a layout; which one it uses is its profile's business.

Sources: zk-protocol data-record.md and data-user.md for 40 and 72 bytes (captures of an F19); the vendor's manual
p.15-18 and pyzk's unpack strings for the others.
"""

import struct
from collections.abc import Callable

from simulators.zkteco.log import Deed, Punch
from simulators.zkteco.roster import User

_USER_72 = struct.Struct("<HB8s24sIBHHHH24s")
_ATTLOG_40 = struct.Struct("<H24sBIB8s")
_DEED_16 = struct.Struct("<HBBI4H")
_TAIL_40 = bytes.fromhex("00000000ff000000")


def user_72(user: User) -> bytes:
    """A user on a terminal with a colour screen; the name ends in a NUL within its 24 bytes."""
    name = user.name.encode()[:23]
    user_id, password = user.user_id.encode()[:24], user.password.encode()[:8]
    return _USER_72.pack(user.uid, user.privilege, password, name, user.card, user.group, 0, 0, 0, 0, user_id)


def user_from_72(data: bytes) -> User:
    """A user as a client uploads it. Raises struct.error for any other length."""
    uid, privilege, password, name, card, group, *_, user_id = _USER_72.unpack(data)
    return User(uid, _text(user_id) or str(uid), _text(name), privilege, _text(password), card, group)


def attlog_40(punch: Punch) -> bytes:
    """A punch on a terminal with a colour screen."""
    user_id = punch.user_id.encode()[:24]
    return _ATTLOG_40.pack(punch.uid, user_id, punch.verify, punch.stamp, punch.state, _TAIL_40)


def deed_16(deed: Deed) -> bytes:
    """An entry of the operation log."""
    return _DEED_16.pack(0, deed.code, 0, deed.stamp, *deed.values)


def _text(padded: bytes) -> str:
    return padded.split(b"\0")[0].decode(errors="replace")


USER_LAYOUTS: dict[int, Callable[[User], bytes]] = {72: user_72}
USER_READERS: dict[int, Callable[[bytes], User]] = {72: user_from_72}
ATTLOG_LAYOUTS: dict[str, Callable[[Punch], bytes]] = {"40": attlog_40}
