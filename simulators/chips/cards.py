"""ISO/IEC 14443-3 type A cards: one card's state machine, bit for bit.

A frame is a pair (value, bits): the bits in the order they are sent, the first one in bit 0 of `value`; so whole bytes
are `int.from_bytes(data, "little")`. Parity bits are not in it. States as in the standard's figure "PICC type A state
diagram": a card that came from HALT goes back there, not to IDLE, when it hears anything it did not expect.
"""

OFF = 0
IDLE = 1
READY = 2
ACTIVE = 3
HALT = 4
UNLOCKED = 5
"""Gen 1 copies only: heard the first half of the backdoor."""

_REQA = (0x26, 7)
_WUPA = (0x52, 7)
_BACKDOOR = (0x40, 7)
_BACKDOOR_2 = (0x43, 8)
_ACK = (0xA, 4)
_HLTA = (0xCD570050, 32)
_CASCADE_TAG = b"\x88"
_CASCADE_BIT = 0x04

KINDS = {
    "classic-1k": (b"\x04\x00", 0x08),
    "classic-4k": (b"\x02\x00", 0x18),
    "mini": (b"\x04\x00", 0x09),
    "ultralight": (b"\x44\x00", 0x00),
    "desfire": (b"\x44\x03", 0x20),
    "ten-byte": (b"\x84\x00", 0x00),
    "phone": (b"\x04\x00", 0x20),
}
"""ATQA in the order sent, and the SAK of the last cascade level."""
_USUAL = {4: "classic-1k", 7: "ultralight", 10: "ten-byte"}


def crc_a(data: bytes, preset: int = 0x6363) -> bytes:
    """CRC_A of the standard's annex B, bit by bit, in the order sent."""
    crc = preset
    for byte in data:
        for bit in range(8):
            feedback = (crc ^ (byte >> bit)) & 1
            crc = (crc >> 1) ^ (0x8408 if feedback else 0)
    return bytes((crc & 0xFF, crc >> 8))


def frame(data: bytes) -> tuple[int, int]:
    """Whole bytes as a frame."""
    return int.from_bytes(data, "little"), 8 * len(data)


class Card:
    """One card. `hear` is all that a reader can do to it.

    `magic` is a Gen 1 copy, whose UID can be written. `random_uid` draws another 08… each time it gets power.
    `bad_bcc` and `bad_sak_crc` are faults.
    """

    def __init__(
        self, uid: bytes, kind: str | None = None, *, magic: bool = False, random_uid: "object | None" = None
    ) -> None:
        if len(uid) not in (4, 7, 10) or (len(uid) == 4 and uid[0] == 0x88):
            raise ValueError("a UID has 4, 7 or 10 bytes, and one of 4 never begins with 88")
        self.uid = uid
        self.atqa, self._sak = KINDS[kind or _USUAL[len(uid)]]
        self.magic = magic
        self._draw = random_uid
        self.bad_bcc = False
        self.bad_sak_crc = False
        self.state = OFF
        self._rests_in = IDLE
        self._level = 0

    def power(self, *, on: bool) -> None:
        """The field came or went."""
        self.state = IDLE if on else OFF
        self._rests_in = IDLE
        if on and self._draw is not None:
            self.uid = b"\x08" + bytes([self._draw.getrandbits(8) for _ in range(3)])  # type: ignore[attr-defined]

    def parts(self) -> list[bytes]:
        """What each cascade level carries: four bytes, all but the last begun by the cascade tag."""
        uid, out = self.uid, []
        while len(uid) > 4:
            out.append(_CASCADE_TAG + uid[:3])
            uid = uid[3:]
        out.append(uid)
        return out

    def hear(self, value: int, bits: int) -> tuple[int, int] | None:
        """The answer to a frame, or None for silence."""
        if self.state in (IDLE, HALT, UNLOCKED):
            return self._resting((value, bits))
        if self.state == READY:
            return self._ready(value, bits)
        if self.state == ACTIVE:
            self._fall_back()
            if (value, bits) == _HLTA:
                self.state = self._rests_in = HALT
        return None

    def _fall_back(self) -> None:
        self.state = self._rests_in

    def _resting(self, heard: tuple[int, int]) -> tuple[int, int] | None:
        unlocked = self.state == UNLOCKED
        if unlocked:
            self._fall_back()
        if heard == _WUPA or (heard == _REQA and self.state == IDLE):
            self._rests_in = self.state
            self.state, self._level = READY, 0
            return frame(self.atqa)
        if self.magic and (heard == _BACKDOOR or (unlocked and heard == _BACKDOOR_2)):
            self._rests_in = self.state
            self.state = UNLOCKED
            return _ACK
        return None

    def _ready(self, value: int, bits: int) -> tuple[int, int] | None:
        sel, nvb = value & 0xFF, value >> 8 & 0xFF
        known = (nvb >> 4) * 8 + (nvb & 7) - 16
        if bits >= 16 and sel == 0x93 + 2 * self._level and nvb & 8 == 0:
            if nvb == 0x70:
                return self._select(value, bits)
            if bits == 16 + known and 0 <= known < 40:
                return self._anticollision(value >> 16, known)
        self._fall_back()
        return None

    def _anticollision(self, given: int, known: int) -> tuple[int, int] | None:
        part = self.parts()[self._level]
        check = part[0] ^ part[1] ^ part[2] ^ part[3] ^ (0x10 if self.bad_bcc else 0)
        own = frame(part + bytes((check,)))[0]
        if (own ^ given) & ((1 << known) - 1):
            self._fall_back()
            return None
        return own >> known, 40 - known

    def _select(self, value: int, bits: int) -> tuple[int, int] | None:
        parts = self.parts()
        part = parts[self._level]
        check = part[0] ^ part[1] ^ part[2] ^ part[3]
        expected = bytes((0x93 + 2 * self._level, 0x70)) + part + bytes((check,))
        if (value, bits) != frame(expected + crc_a(expected)):
            self._fall_back()
            return None
        if self._level + 1 < len(parts):
            self._level += 1
            sak = _CASCADE_BIT
        else:
            self.state, sak = ACTIVE, self._sak
        crc = crc_a(bytes((sak,)))
        return frame(bytes((sak, crc[0] ^ (0x40 if self.bad_sak_crc else 0), crc[1])))
