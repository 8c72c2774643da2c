# PN532: frames between host and chip, and the list of cards in an answer (UM0701-02, 6.2.1 and 7.3.5). Pure.
#
#   00 00 FF · LEN · LCS · TFI, data… · DCS · 00        LEN + LCS = 0 and TFI + data + DCS = 0, modulo 256

from micropython import const

MORE = const(0)  # not all there yet
ACK = const(1)
DATA = const(2)
ERROR = const(3)  # the chip did not understand the command
BAD = const(4)

ABORT = b"\x00\x00\xff\x00\xff\x00"  # the host's ACK ends a running command
_TO_HOST = const(0xD5)
_ISO_DEP = const(0x20)


# Writes the frame of a command (its code and parameters) into `room`; how long it is.
def build(room: bytearray, body: bytes) -> int:
    length = len(body) + 1
    room[0:6] = bytes((0x00, 0x00, 0xFF, length, -length & 0xFF, 0xD4))
    room[6 : 5 + length] = body
    total = 0xD4
    for byte in body:
        total += byte
    room[5 + length] = -total & 0xFF
    room[6 + length] = 0
    return 7 + length


# Looks at the first `count` bytes of `raw`: (kind, begin, end, used), begin:end being what follows the TFI of DATA, and
# `used` how many bytes the frame and all before it take.
def parse(raw: "bytearray | bytes", count: int) -> "tuple[int, int, int, int]":
    at = 0
    while at + 1 < count and not (raw[at] == 0x00 and raw[at + 1] == 0xFF):
        at += 1
    at += 2
    if at + 2 > count:
        return MORE, 0, 0, 0
    length, check = raw[at], raw[at + 1]
    at += 2
    if length == 0x00 and check == 0xFF:
        return ACK, 0, 0, at
    if length == 0 or (length + check) & 0xFF:
        return BAD, 0, 0, at  # also the chip's NACK, and extended frames, which no answer of ours needs
    if at + length + 1 > count:
        return MORE, 0, 0, 0
    total = 0
    for index in range(at, at + length + 1):
        total += raw[index]
    used = at + length + 1
    if total & 0xFF:
        return BAD, 0, 0, used
    if raw[at] == _TO_HOST:
        return DATA, at + 1, at + length, used
    return (ERROR if length == 1 and raw[at] == 0x7F else BAD), 0, 0, used


# The cards in an answer to InListPassiveTarget for type A (what follows its code): a list of (UID, its bytes as
# received), or None when the answer is not exactly such a list.
def cards(answer: bytes) -> "list[tuple[bytes, bytes]] | None":
    found: list[tuple[bytes, bytes]] = []
    at = 1
    for number in range(1, 1 + (answer[0] if answer else 255)):
        if at + 5 > len(answer) or answer[at] != number:
            return None
        end = at + 5 + answer[at + 4]
        uid = answer[at + 5 : end]
        if answer[at + 3] & _ISO_DEP:
            if end >= len(answer):
                return None
            end += answer[end]
        if end > len(answer):
            return None
        found.append((uid, answer[at:end]))
        at = end
    return found if at == len(answer) else None
