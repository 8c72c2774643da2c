"""Bytes as terminals write them, made without the code under test: what the facts' tables say, field by field."""

import struct


def packed(year: int, month: int, day: int, hour: int = 8, minute: int = 0, second: int = 0) -> int:
    """((Y % 100) * 372 + (M - 1) * 31 + D - 1) * 86400 + seconds of the day."""
    return ((year % 100) * 372 + (month - 1) * 31 + day - 1) * 86400 + hour * 3600 + minute * 60 + second


JUNE = packed(2026, 6, 1)


def row_8a(uid: int, time: int, verify: int = 1, state: int = 0) -> bytes:
    return struct.pack("<HBIB", uid, verify, time, state)


def row_8b(uid: int, time: int, verify: int = 1, state: int = 0, long: bool = True) -> bytes:
    return struct.pack("<HBBI", uid, state | verify << 3 | long << 5, 0, time)


def row_16(user: int, time: int, verify: int = 1, state: int = 0, work_code: int = 0) -> bytes:
    return struct.pack("<IIBBHI", user, time, state, verify, 0, work_code)


def row_40(user: str | bytes, time: int, verify: int = 1, state: int = 0, number: int = 1) -> bytes:
    name = user.encode() if isinstance(user, str) else user
    return struct.pack("<H24sBIB", number, name, verify, time, state) + bytes.fromhex("00000000ff000000")


def row_49(user: str, time: int, verify: int = 1, state: int = 0, number: int = 1) -> bytes:
    return row_40(user, time, verify, state, number) + bytes(9)


LEAD_IN = b"\xff255" + bytes(5)


def user_28(uid: int, user: int) -> bytes:
    return struct.pack("<HB5s8sIxBHI", uid, 0, b"", b"Siti", 0, 1, 0, user)


def user_72(uid: int, user: str) -> bytes:
    return struct.pack("<HB8s24sIB8s24s", uid, 0, b"", b"Siti Aminah", 0, 1, b"", user.encode())


def six(year: int, month: int, day: int, hour: int = 8, minute: int = 0, second: int = 0) -> bytes:
    return bytes((year % 100, month, day, hour, minute, second))


def event_32(user: str, when: bytes, verify: int = 1, state: int = 0, tail: bytes = b"") -> bytes:
    return struct.pack("<24sBB", user.encode(), verify, state) + when + tail


def event_12(user: int, when: bytes, verify: int = 1, state: int = 0) -> bytes:
    return struct.pack("<IBB", user, verify, state) + when


def event_10(uid: int, when: bytes, verify: int = 1, state: int = 0, tail: bytes = b"") -> bytes:
    return struct.pack("<HBB", uid, verify, 0x10 | state) + when + tail


def sizes(records: int, capacity: int = 100_000, users: int = 0, length: int = 92, operations: int = 0) -> bytes:
    fields = {16: users, 24: users, 32: records, 40: operations, 56: 3000, 60: 5000, 64: capacity, 76: 0}
    reply = bytearray(length)
    for offset, value in fields.items():
        struct.pack_into("<i", reply, offset, value)
    return bytes(reply)


def operation(code: int, time: int) -> bytes:
    return struct.pack("<HBBI4H", 0, code, 0, time, 0, 0, 0, 0)


def packet(command: int, session: int, reply: int, data: bytes = b"") -> bytes:
    """A packet whose checksum is summed up word by word, the slow way of the documents."""
    bare = struct.pack("<4H", command, 0, session, reply) + data
    padded = bare + bytes(len(bare) % 2)
    total = sum(struct.unpack(f"<{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("<4H", command, ~total & 0xFFFF, session, reply) + data


def top(bare: bytes) -> bytes:
    return bytes.fromhex("5050827d") + struct.pack("<I", len(bare)) + bare
