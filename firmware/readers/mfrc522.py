# MFRC522 (RC522 boards): reads cards of ISO/IEC 14443-3 type A with UIDs of 4, 7 and 10 bytes.
#
# A look: WUPA wakes every card in the field, halted or not; then the cascade (iso14443.py) reads the one there is;
# then HLTA lets it sleep, so that the next WUPA finds it in a known state. Because each look reads the whole UID
# again, a card exchanged for another between two looks is seen. Cards that answer differently at the same moment are
# a collision: nobody can know whose turn it is, so no tap, but "one card at a time". A UID counts only when the card
# itself answered to its SELECT with a good CRC: noise on the air cannot make one.
#
# A card that was left in the middle of a conversation answers WUPA with silence, so of two cards one might be heard
# alone. Therefore the field is put out for a moment after every look that did not end well: all cards begin anew.

import time

from micropython import const

from firmware.readers import iso14443
from firmware.readers.mfrc522_chip import BAD, COLLISION, OK, SILENT, STUCK, Chip
from firmware.readers.presence import Presence
from firmware.readers.reader import Reader
from firmware.readers.tap import Tap, Trouble, is_random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import Pin, Spi, Ticks

_MISSES = const(3)


class Mfrc522(Reader):
    # spi: mode 0, most significant bit first, up to 10 Mbit/s. rst: the board's RST (the chip's NRSTPD), or None.
    def __init__(
        self, spi: "Spi", cs: "Pin", rst: "Pin | None" = None, ticks_ms: "Ticks" = time.ticks_ms, check_ms: int = 1000
    ) -> None:
        super().__init__(ticks_ms, check_ms)
        self._chip = Chip(spi, cs, rst)
        self._cascade = iso14443.Cascade()
        self._presence = Presence(_MISSES)
        self._raw = bytearray(2 + 3 * 8)
        self._raw_length = 0
        self._muddled = False

    async def _healthy(self) -> bool:
        self.why = self._chip.lost()
        return not self.why

    async def _soft(self) -> None:
        await self._chip.soft_reset()

    async def _hard(self) -> None:
        await self._chip.hard_reset()

    async def _read(self, out: "list[Tap | Trouble]") -> None:
        if self._muddled:
            await self._chip.field_anew()
        self._raw_length = 0
        outcome = await self._chip.exchange(iso14443.WUPA, 1, 7)
        self._muddled = outcome != SILENT or self._presence.somebody()
        if outcome == SILENT:
            self._presence.nothing()
            return
        if outcome == OK:
            outcome = self._keep(2)
        if outcome == OK:
            outcome = await self._identify()
        if outcome == OK:
            await self._recognised(out)
            self._muddled = False
        else:
            self._trouble(outcome, out)

    def _trouble(self, outcome: int, out: "list[Tap | Trouble]") -> None:
        if outcome == COLLISION:
            if self._presence.once("two-cards"):
                out.append(Trouble("two-cards", "answers collide"))
            return
        self._misread()
        if outcome == STUCK:
            self.doubt("no interrupt request from the chip")
        elif self._presence.unread():
            out.append(Trouble("bad-frame", "a card that cannot be read whole"))

    # OK when the one card in the field told its whole UID.
    async def _identify(self) -> int:
        cascade, chip = self._cascade, self._chip
        cascade.begin()
        going = iso14443.GOES_ON
        while going == iso14443.GOES_ON:
            outcome = await chip.exchange(cascade.anticollision, 2)
            if outcome == OK:
                outcome = self._keep(5)
            if outcome == OK and not cascade.part(chip.answer, chip.length):
                outcome = BAD
            if outcome == OK:
                outcome = await chip.exchange(cascade.select, 9)
            if outcome == OK:
                outcome = self._keep(3)
            if outcome != OK:
                return BAD if outcome == SILENT else outcome
            going = cascade.sak(chip.answer, chip.length)
        return OK if going == iso14443.DONE else BAD

    # The answer must have so many whole bytes; they become part of the tap's raw bytes.
    def _keep(self, length: int) -> int:
        chip = self._chip
        if chip.length != length or chip.last_bits:
            return BAD
        self._raw[self._raw_length : self._raw_length + length] = chip.answer[:length]
        self._raw_length += length
        return OK

    async def _recognised(self, out: "list[Tap | Trouble]") -> None:
        uid, raw = self._cascade.uid(), bytes(self._raw[: self._raw_length])
        await self._chip.exchange(iso14443.HLTA, 4)  # silence is its way to agree
        ref = uid.hex().upper()
        random = is_random(uid)
        if not self._presence.arrived("random" if random else ref):
            return
        flags = ("random-uid",) if random else ()
        if await self._is_magic():
            flags += ("magic",)
        self.counters["taps"] += 1
        out.append(Tap("card", "card", ref, raw, flags))

    # First-generation copies obey two commands that no genuine card knows: 40h of 7 bits, then 43h; each is answered by
    # four bits Ah. Nothing is written to the card.
    async def _is_magic(self) -> bool:
        chip = self._chip
        for command, bits in ((b"\x40", 7), (b"\x43", 0)):
            outcome = await chip.exchange(command, 1, bits)
            if outcome != OK or chip.length != 1 or chip.last_bits != 4 or chip.answer[0] & 0x0F != 0x0A:
                return False
        return True


def make(board, settings, options):
    reset = board.output(settings["pins.reset"])
    return Mfrc522(board.spi(settings), board.output(settings["pins.cs"]), reset, **options)
