# ISO/IEC 14443-3 type A, without any chip: frames to send, answers to judge.
#
# A UID has 4, 7 or 10 bytes and comes in one, two or three levels. At each level the reader asks (ANTICOLLISION), gets
# four bytes and their XOR (BCC), says them back with a CRC (SELECT), and the card answers with SAK and CRC. SAK bit 04h
# says that the UID goes on; then, and only then, the first of the four bytes is the cascade tag 88h, which is not part
# of the UID. What does not agree in every point is no UID.

from micropython import const

_TAG = const(0x88)
_MORE = const(0x04)
_LEVELS = b"\x93\x95\x97"

WUPA = b"\x52"  # 7 bits: wakes a card whether it is idle or halted
HLTA = b"\x50\x00\x57\xcd"

GOES_ON = const(1)
DONE = const(2)
REFUSED = const(0)


# CRC_A: polynomial 8408h reflected, preset 6363h, sent low byte first.
def crc_a(data: "bytearray | bytes | memoryview", length: int) -> int:
    crc = 0x6363
    for at in range(length):
        byte = (data[at] ^ crc) & 0xFF
        byte = (byte ^ (byte << 4)) & 0xFF
        crc = (crc >> 8) ^ (byte << 8) ^ (byte << 3) ^ (byte >> 4)
    return crc


# Collects one card's UID. begin(); then, until `sak` says DONE or anything is REFUSED: send `anticollision`, give the
# answer to `part`, send `select`, give the answer to `sak`.
class Cascade:
    def __init__(self) -> None:
        self._frame = bytearray(9)
        self.select = memoryview(self._frame)
        self.anticollision = self.select[:2]
        self._uid = bytearray(10)
        self._length = 0
        self._level = 0
        self._asked = False

    def begin(self) -> None:
        self._length = self._level = 0
        self._asked = False
        self._ask()

    def _ask(self) -> None:
        self._frame[0] = _LEVELS[self._level]
        self._frame[1] = 0x20

    # The answer to ANTICOLLISION: False when it is not four bytes and their XOR.
    def part(self, answer: "bytearray | bytes", length: int) -> bool:
        check = 0
        for at in range(min(length, 5)):
            check ^= answer[at]
        if length != 5 or check or self._level > 2:
            return False
        frame = self._frame
        frame[1] = 0x70
        frame[2:7] = answer[:5]
        crc = crc_a(frame, 7)
        frame[7] = crc & 0xFF
        frame[8] = crc >> 8
        self._asked = True
        return True

    # The answer to SELECT: GOES_ON to the next level, DONE, or REFUSED.
    def sak(self, answer: "bytearray | bytes", length: int) -> int:
        asked, self._asked = self._asked, False
        if length != 3 or not asked or crc_a(answer, 1) != answer[1] | answer[2] << 8:
            return REFUSED
        goes_on = bool(answer[0] & _MORE)
        if goes_on != (self._frame[2] == _TAG) or (goes_on and self._level == 2):
            return REFUSED
        skip = 1 if goes_on else 0
        for at in range(2 + skip, 6):
            self._uid[self._length] = self._frame[at]
            self._length += 1
        if not goes_on:
            self._level = 3
            return DONE
        self._level += 1
        self._ask()
        return GOES_ON

    # The UID, once `sak` said DONE.
    def uid(self) -> bytes:
        return bytes(self._uid[: self._length]) if self._level == 3 else b""
