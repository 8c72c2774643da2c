"""What a reader chip with its own anticollision (PN532) does on the air: find a card, tell two apart, read the UID.

Bit by bit as ISO/IEC 14443-3, 6.5.3 describes it: at a collision go on with the cards that sent a 1.
"""

from simulators.chips.cards import crc_a, frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.field import Field

_REQA = (0x26, 7)
_HLTA = (0xCD570050, 32)


def find_cards(field: "Field", most: int) -> list[tuple[bytes, int, bytes]]:
    """ATQA as sent, SAK and UID of up to `most` cards that answer a REQA, each put to HALT but the last."""
    found: list[tuple[bytes, int, bytes]] = []
    while len(found) < most:
        heard = field.exchange(*_REQA)
        if heard is None or heard.bits != 16:
            break
        selected = _select(field)
        if selected is None:
            break
        found.append((heard.value.to_bytes(2, "little"), selected[0], selected[1]))
        if len(found) < most:
            field.exchange(*_HLTA)
    return found


def _select(field: "Field") -> tuple[int, bytes] | None:
    uid = b""
    for sel in (0x93, 0x95, 0x97):
        part = _resolve(field, sel)
        if part is None:
            return None
        command = bytes((sel, 0x70)) + part
        heard = field.exchange(*frame(command + crc_a(command)))
        if heard is None or heard.bits != 24 or heard.collision is not None or not heard.parity_ok:
            return None
        answer = heard.value.to_bytes(3, "little")
        if crc_a(answer[:1]) != answer[1:]:
            return None
        if not answer[0] & 0x04:
            return answer[0], uid + part[:4]
        uid += part[1:4]
    return None


def _resolve(field: "Field", sel: int) -> bytes | None:
    known, bits = 0, 0
    for _attempt in range(33):
        nvb = (2 + bits // 8) << 4 | bits % 8
        heard = field.exchange(sel | nvb << 8 | known << 16, 16 + bits)
        if heard is None or heard.bits != 40 - bits or not heard.parity_ok:
            return None
        if heard.collision is None:
            part = (known | heard.value << bits).to_bytes(5, "little")
            return part if part[0] ^ part[1] ^ part[2] ^ part[3] == part[4] else None
        same = heard.value & ((1 << heard.collision) - 1)
        known |= (same | 1 << heard.collision) << bits
        bits += heard.collision + 1
    return None
