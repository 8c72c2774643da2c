# PN532: the two ways to carry its frames. I2C is not one of them: the chip stretches the clock and then hangs the bus.
#
# A link has `wake`, `send(frame)` and `receive(wait_ms, most)`: the next frame from the chip, as pn532_frame.parse
# says, its bytes being in `room`.

import asyncio

from micropython import const

from firmware.readers import pn532_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import Buffer, Pin, Spi, Uart

ROOM = const(96)


# SPI, mode 0 (UM0701-02, 6.2.5): the chip sends and takes the least significant bit first. Turning bytes round here
# leaves the bus as every other chip on it wants it.
class SpiLink:
    def __init__(self, spi: "Spi", cs: "Pin") -> None:
        self._spi = spi
        self._cs = cs
        self._one = bytearray(1)
        self._turned = bytes([_turn(byte) for byte in range(256)])
        self._out = bytearray(ROOM)
        self.room = bytearray(ROOM)
        self._view = memoryview(self.room)

    # Chip select low for 2 ms brings it out of power-down.
    async def wake(self) -> None:
        self._cs(0)
        await asyncio.sleep_ms(3)
        self._cs(1)

    def send(self, frame: "Buffer", length: int) -> None:
        self._out[0] = 0x80  # 01h: data for the chip
        for at in range(length):
            self._out[at + 1] = self._turned[frame[at]]
        self._cs(0)
        self._spi.write(memoryview(self._out)[: length + 1])
        self._cs(1)

    async def receive(self, wait_ms: int, most: int) -> "tuple[int, int, int, int]":
        for _ in range(wait_ms):
            self._fetch(0x40, self._one)  # 02h: status; bit 0: there is something to read
            if self._one[0] & 0x80:
                break
            await asyncio.sleep_ms(1)
        else:
            raise OSError("no answer")
        self._fetch(0xC0, self._view[:most])  # 03h: data from the chip
        for at in range(most):
            self.room[at] = self._turned[self.room[at]]
        return pn532_frame.parse(self.room, most)

    def _fetch(self, prefix: int, room: "bytearray | memoryview") -> None:
        self._out[0] = prefix
        self._cs(0)
        self._spi.write(memoryview(self._out)[:1])
        self._spi.readinto(room)
        self._cs(1)


# High-speed UART, 115200 8N1 (UM0701-02, 6.2.3).
class HsuLink:
    def __init__(self, uart: "Uart") -> None:
        self._uart = uart
        self.room = bytearray(ROOM)
        self._held = 0

    async def wake(self) -> None:
        self._uart.write(b"\x55\x55\x00\x00\x00")
        await asyncio.sleep_ms(3)

    def send(self, frame: "Buffer", length: int) -> None:
        self._held = 0
        while self._uart.any():
            self._uart.read(ROOM)
        self._uart.write(memoryview(frame)[:length])

    async def receive(self, wait_ms: int, _most: int) -> "tuple[int, int, int, int]":
        for _ in range(wait_ms):
            found = self._next()
            if found[0] != pn532_frame.MORE:
                return found
            await asyncio.sleep_ms(1)
        raise OSError("no answer")

    # What one frame leaves over is kept for the next: an answer may follow its ACK at once.
    def _next(self) -> "tuple[int, int, int, int]":
        more = self._uart.read(ROOM - self._held) if self._uart.any() else None
        if more:
            self.room[self._held : self._held + len(more)] = more
            self._held += len(more)
        found = pn532_frame.parse(self.room, self._held)
        if found[0] == pn532_frame.MORE:
            if self._held == ROOM:
                self._held = 0
                return pn532_frame.BAD, 0, 0, 0
            return found
        if found[0] == pn532_frame.ACK:
            left = self._held - found[3]
            self.room[:left] = self.room[found[3] : self._held]
            self._held = left
        return found


def _turn(byte: int) -> int:
    turned = 0
    for _ in range(8):
        turned = turned << 1 | byte & 1
        byte >>= 1
    return turned
