# PN532: the chip does anticollision and cascade itself; this asks it for up to two cards, so that two are told from
# one.
#
# The link to the chip is guarded by a sum of 8 bits only, so a card that has just come is read twice, with the field
# off in between, and both must agree. Between looks the field stays off: every look finds cards in a known state. The
# chip's factory setting is to look for a card for ever: set_up limits it, and the host's ACK ends whatever still
# runs. Copies with a writable UID are not looked for: the chip sends no frames of 7 bits without tricks.

import asyncio
import time

from micropython import const

from firmware.readers import pn532_frame
from firmware.readers.pn532_link import ROOM, HsuLink, SpiLink
from firmware.readers.presence import Presence
from firmware.readers.reader import Reader
from firmware.readers.tap import Tap, Trouble, is_random, plausible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import Pin, Ticks

_MISSES = const(2)
_PATIENCE = const(2)
_GET_FIRMWARE = b"\x02"
_SAM_NORMAL = b"\x14\x01\x14\x01"
_FIELD_OFF = b"\x32\x01\x00"
_RETRY_ONCE = b"\x32\x05\xff\x01\x01"
_LIST_TWO = b"\x4a\x02\x00"


class Pn532(Reader):
    # link: SpiLink(spi, cs) or HsuLink(uart). rst: the chip's RSTPD_N (not RSTO), or None.
    def __init__(
        self,
        link: "SpiLink | HsuLink",
        rst: "Pin | None" = None,
        ticks_ms: "Ticks" = time.ticks_ms,
        check_ms: int = 2000,
    ) -> None:
        super().__init__(ticks_ms, check_ms)
        self._link = link
        self._rst = rst
        self._frame = bytearray(ROOM)
        self._presence = Presence(_MISSES)
        self._failures = 0
        self.version = b""

    async def _healthy(self) -> bool:
        version = await self._call(_GET_FIRMWARE, 50)
        if len(version) != 4 or version[0] != 0x32 or version != self.version:
            self.why = "firmware " + version.hex()
            return False
        return True

    async def _soft(self) -> None:
        self._abort()
        await asyncio.sleep_ms(5)
        await self._link.wake()
        await self._call(_SAM_NORMAL, 50)
        await self._call(_RETRY_ONCE, 50)
        self.version = await self._call(_GET_FIRMWARE, 50)
        self._failures = 0

    async def _hard(self) -> None:
        if self._rst is not None:
            self._rst(0)
            await asyncio.sleep_ms(100)
            self._rst(1)
            await asyncio.sleep_ms(20)
        await self._soft()

    # One bad frame is the line's fault and is counted; several in a row are the chip's.
    async def _read(self, out: "list[Tap | Trouble]") -> None:
        try:
            await self._judge(await self._look(), out)
            self._failures = 0
        except OSError:
            self._misread()
            self._abort()
            self._failures += 1
            if self._failures >= _PATIENCE:
                raise

    async def _judge(self, found: "list[tuple[bytes, bytes]]", out: "list[Tap | Trouble]") -> None:
        if not found:
            self._presence.nothing()
        elif len(found) > 1:
            if self._presence.once("two-cards"):
                out.append(Trouble("two-cards", f"{len(found)} cards"))
        else:
            uid, raw = found[0]
            ref = _name(uid)
            if plausible(uid) and (self._presence.holds(ref) or await self._again(ref)):
                if self._presence.arrived(ref):
                    self.counters["taps"] += 1
                    flags = ("random-uid",) if is_random(uid) else ()
                    out.append(Tap("card", "card", uid.hex().upper(), raw, flags))
            else:
                self._misread()
                if self._presence.unread():
                    out.append(Trouble("bad-frame", "a card that does not read the same twice"))

    async def _again(self, ref: str) -> bool:
        found = await self._look()
        return len(found) == 1 and _name(found[0][0]) == ref

    async def _look(self) -> "list[tuple[bytes, bytes]]":
        found = pn532_frame.cards(await self._call(_LIST_TWO, 300))
        await self._call(_FIELD_OFF, 50)
        await asyncio.sleep_ms(6)  # without field for 5 ms a card forgets in which state it was
        if found is None:
            raise OSError("list of cards makes no sense")
        return found

    def _abort(self) -> None:
        self._link.send(pn532_frame.ABORT, len(pn532_frame.ABORT))

    # Sends a command, waits for ACK and answer; what follows the code of the answer.
    async def _call(self, body: bytes, wait_ms: int) -> bytes:
        link = self._link
        link.send(self._frame, pn532_frame.build(self._frame, body))
        if (await link.receive(30, 6))[0] != pn532_frame.ACK:
            raise OSError("no ACK")
        kind, begin, end, _used = await link.receive(wait_ms, ROOM)
        if kind != pn532_frame.DATA or end <= begin or link.room[begin] != body[0] + 1:
            raise OSError("answer to another question" if kind == pn532_frame.DATA else "bad frame")
        return bytes(link.room[begin + 1 : end])


# Phones draw another UID at each look: to their presence they are all one.
def _name(uid: bytes) -> str:
    return "random" if is_random(uid) else uid.hex().upper()


def make(board, settings, options):
    link: SpiLink | HsuLink
    if settings["chip.kind"] == "pn532-spi":
        link = SpiLink(board.spi(settings), board.output(settings["pins.cs"]))
    else:
        link = HsuLink(board.uart(settings, 115_200))
    return Pn532(link, board.output(settings["pins.reset"]), **options)
