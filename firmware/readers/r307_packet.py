# R307, ZFM-20 and kin: packets (ZFM-20 data sheet, chapter 4). Pure.
#
#   EF 01 · address u32 · kind u8 · length u16 · payload · sum u16      big-endian; length counts payload and sum;
#                                                                       sum: of kind, length and payload

from micropython import const

MORE = const(0)  # not all there yet
ACK = const(1)
BAD = const(2)

_COMMAND = const(0x01)
_ACK_KIND = const(0x07)
_HEAD = const(9)
_LONGEST = const(64)


# The packet of a command: its code and parameters.
def build(address: bytes, body: bytes) -> bytes:
    length = len(body) + 2
    total = _COMMAND + (length >> 8) + (length & 0xFF) + sum(body)
    head = bytes((_COMMAND, length >> 8, length & 0xFF))
    return b"\xef\x01" + address + head + body + bytes((total >> 8 & 0xFF, total & 0xFF))


# Looks at the first `count` bytes of `raw`, which begin with a packet or are BAD: (kind, end), 9:end being the
# payload of an ACK and end + 2 where the packet ends.
def parse(raw: "bytearray | bytes", count: int, address: bytes) -> "tuple[int, int]":
    for at in range(min(count, 7)):
        expected = 0xEF if at == 0 else 0x01 if at == 1 else _ACK_KIND if at == 6 else address[at - 2]
        if raw[at] != expected:
            return BAD, 0
    if count < _HEAD:
        return MORE, 0
    length = raw[7] << 8 | raw[8]
    if not 3 <= length <= _LONGEST:
        return BAD, 0
    end = _HEAD + length - 2
    if count < end + 2:
        return MORE, 0
    total = 0
    for at in range(6, end):
        total += raw[at]
    if total & 0xFFFF != raw[end] << 8 | raw[end + 1]:
        return BAD, 0
    return ACK, end
