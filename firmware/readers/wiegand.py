# Wiegand readers, 26 and 34 bits: best effort. A bit is a short pulse on one of two lines, 1-2 ms apart.
#
# MicroPython hears an edge only when it comes to it: it keeps eight, and what comes while more are waiting is lost (a
# TLS handshake, a flash erase). So a frame counts only when its length is exact, both parities hold, no pause in it was
# longer than a reader makes, and no edges were heard in a bunch as long as that queue. Anything else is counted, and
# the person is asked once more. A reader with a serial line is the better choice.

import time

from micropython import const

from firmware.readers.presence import Presence
from firmware.readers.reader import Reader
from firmware.readers.tap import Tap, Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import EdgePin, Ticks

_ROOM = const(40)
_SILENCE_US = const(30_000)
_LONGEST_GAP_US = const(10_000)
_BUNCH_US = const(300)
_BUNCH = const(6)
_NOISE = const(8)


# The number in a frame as hex, or "" when length or a parity is wrong. Even parity over the first half, odd over the
# other.
def number(bits: "bytes | bytearray") -> str:
    length = len(bits)
    if length not in (26, 34):
        return ""
    half = length // 2
    if sum(bits[:half]) & 1 or not sum(bits[half:]) & 1:
        return ""
    value = 0
    for bit in bits[1:-1]:
        value = value << 1 | bit
    return f"{value:06X}" if length == 26 else f"{value:08X}"


class Wiegand(Reader):
    PAUSE_MS = 20

    def __init__(
        self, d0: "EdgePin", d1: "EdgePin", ticks_ms: "Ticks" = time.ticks_ms, ticks_us: "Ticks" = time.ticks_us
    ) -> None:
        super().__init__(ticks_ms, 60_000)
        for word in ("partial", "parity", "torn", "keys"):
            self.counters[word] = 0
        self._lines = (d0, d1)
        self._ticks_us = ticks_us
        self._bits = bytearray(_ROOM)
        self._count = 0
        self._last = 0
        self._bunch = 0
        self._torn = False
        self._presence = Presence(40)

    async def start(self) -> None:
        await super().start()
        d0, d1 = self._lines
        d0.irq(self._zero, d0.IRQ_FALLING)
        d1.irq(self._one, d1.IRQ_FALLING)

    def _zero(self, _pin: object) -> None:
        self._edge(0)

    def _one(self, _pin: object) -> None:
        self._edge(1)

    def _edge(self, bit: int) -> None:
        now = self._ticks_us()
        gap = time.ticks_diff(now, self._last)
        self._last = now
        count = self._count
        if count:
            self._bunch = self._bunch + 1 if gap < _BUNCH_US else 0
            if gap > _LONGEST_GAP_US or self._bunch >= _BUNCH:
                self._torn = True
        if count < _ROOM:
            self._bits[count] = bit
            self._count = count + 1

    async def _read(self, out: "list[Tap | Trouble]") -> None:
        count = self._count
        if not count:
            self._presence.nothing()
        elif time.ticks_diff(self._ticks_us(), self._last) >= _SILENCE_US:
            bits, torn = bytes(self._bits[:count]), self._torn
            self._count = self._bunch = 0
            self._torn = False
            self._judge(bits, out, torn=torn)

    def _judge(self, bits: bytes, out: "list[Tap | Trouble]", *, torn: bool) -> None:
        ref = "" if torn else number(bits)
        if ref:
            if self._presence.arrived(ref):
                self.counters["taps"] += 1
                raw = bytes([0x30 + bit for bit in bits])
                out.append(Tap("card", "card", ref, raw, ("wiegand",)))
            return
        if len(bits) in (4, 8) and not torn:
            self.counters["keys"] += 1
            return
        self._misread()
        word = "torn" if torn else "parity" if len(bits) in (26, 34) else "partial"
        self.counters[word] += 1
        if len(bits) > _NOISE:
            out.append(Trouble("bad-frame", f"{word}, {len(bits)} bits"))


# Data 0 on the pin `rx`, data 1 on the pin `tx`.
def make(board, settings, options):
    return Wiegand(board.input(settings["pins.rx"]), board.input(settings["pins.tx"]), **options)
