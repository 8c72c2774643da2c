# RDM6300 (125 kHz cards, EM4100) over UART, 9600 8N1: 02h, ten hex digits, two hex digits of XOR, 03h; again and
# again while the card is there. The XOR has 8 bits only, so a card counts once it was read `confirm` times in a row,
# the same. The module is never asked anything: nobody can know whether it lives.

import time

from micropython import const

from firmware.readers.presence import Presence
from firmware.readers.reader import Reader
from firmware.readers.tap import Tap, Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import Ticks, Uart

_BEGIN = const(0x02)
_END = const(0x03)
_SIZE = const(14)
_DIGITS = b"0123456789ABCDEF"


# The ten digits of a frame of 14 bytes, or None when it is not good in every point.
def digits(frame: "bytes | bytearray") -> "str | None":
    if len(frame) != _SIZE or frame[0] != _BEGIN or frame[13] != _END:
        return None
    check = 0
    for at in range(1, 13, 2):
        high = _DIGITS.find(frame[at : at + 1])
        low = _DIGITS.find(frame[at + 1 : at + 2])
        if high < 0 or low < 0:
            return None
        check ^= high << 4 | low
    return None if check else frame[1:11].decode()


class Rdm6300(Reader):
    # Some modules say a card only once: confirm = 1 for those.
    def __init__(self, uart: "Uart", ticks_ms: "Ticks" = time.ticks_ms, confirm: int = 2) -> None:
        super().__init__(ticks_ms, 60_000)
        self._uart = uart
        self._confirm = confirm
        self._frame = bytearray(_SIZE)
        self._length = 0
        self._last = ""
        self._times = 0
        self._presence = Presence(8)

    async def _read(self, out: "list[Tap | Trouble]") -> None:
        heard = False
        while self._uart.any():
            for byte in self._uart.read(_SIZE) or b"":
                heard = True
                self._take(byte, out)
        if not heard:
            self._presence.nothing()
            if not self._presence.somebody():
                self._times = 0

    def _take(self, byte: int, out: "list[Tap | Trouble]") -> None:
        if byte == _BEGIN:
            if self._length:
                self._misread()
            self._length = 0
        elif not self._length:
            return
        self._frame[self._length] = byte
        self._length += 1
        if self._length == _SIZE:
            self._length = 0
            self._judge(digits(self._frame), out)

    def _judge(self, ref: "str | None", out: "list[Tap | Trouble]") -> None:
        if ref is None:
            self._misread()
            self._times = 0
            if self._presence.unread():
                out.append(Trouble("bad-frame", "a card that cannot be read"))
            return
        self._times = self._times + 1 if ref == self._last else 1
        self._last = ref
        if self._times >= self._confirm and self._presence.arrived(ref):
            self.counters["taps"] += 1
            out.append(Tap("card", "card", ref, bytes(self._frame), ()))


def make(board, settings, options):
    return Rdm6300(board.uart(settings, 9_600), **options)
