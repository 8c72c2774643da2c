"""The user list: internal number to user id. Names, passwords and cards are not looked at. Pure.

| bytes | uid     | user id                   | source                        |
|-------|---------|---------------------------|-------------------------------|
| 28    | u16 @ 0 | u32 @ 24                  | V p.15-16; base.py:1142       |
| 72    | u16 @ 0 | 24 characters @ 48        | user:104-119; base.py:1157    |

Neither the transport nor the model decides the width; the bytes do.
"""

from struct import Struct

from gateway.drivers.zkteco import ids

_28 = Struct("<H22xI")
_72 = Struct("<H46x24s")


def decode(body: bytes, count: int | None) -> dict[int, str] | None:
    """uid -> user id; users without a readable id are left out. None when it cannot be told, or is not whole.

    `count` is the number of users by the terminal's counters, or None if it does not tell or may have moved.
    """
    if not body:
        return None if count else {}
    sizes = [size for size in (28, 72) if len(body) % size == 0]
    exact = [size for size in sizes if len(body) // size == count]
    if exact:
        return _read(body, exact[0])
    readings = {size: _read(body, size) for size in sizes}
    complete = [users for size, users in readings.items() if len(users) == len(body) // size]
    return complete[0] if len(complete) == 1 else None


def _read(body: bytes, size: int) -> dict[int, str]:
    users: dict[int, str] = {}
    for at in range(0, len(body), size):
        if size == 28:
            uid, number = _28.unpack_from(body, at)
            person = ids.from_number(number)
        else:
            uid, field = _72.unpack_from(body, at)
            person = ids.from_field(field)
        if person is not None:
            users[uid] = person
    return users
