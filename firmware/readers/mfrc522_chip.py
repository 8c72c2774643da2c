# MFRC522: registers over SPI, and one frame out and in (data sheet rev. 3.9; chapter numbers below).
#
# Transceive never ends by itself (10.3.1.8): the chip's timer, started by the end of our frame and stopped by the
# first bits of an answer, tells that no card answered. Timer, antenna bits and modulation are registers like any
# other and can be lost; `lost` reads all of them back in one go.

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import Buffer, Pin, Spi

_COMMAND = const(0x01)
_COM_IRQ = const(0x04)
_ERROR = const(0x06)
_STATUS2 = const(0x08)
_FIFO = const(0x09)
_FIFO_LEVEL = const(0x0A)
_CONTROL = const(0x0C)
_FRAMING = const(0x0D)
_COLL = const(0x0E)
_TX_CONTROL = const(0x14)
_VERSION = const(0x37)

_IDLE = const(0x00)
_TRANSCEIVE = const(0x0C)
_SOFT_RESET = const(0x0F)
_POWER_DOWN = const(0x10)
_MOST = const(26)
_FIFO_READS = b"\x09" * 26

OK = const(0)
SILENT = const(1)  # no card answered
COLLISION = const(2)  # several did, differently
BAD = const(3)  # something came, and it is wrong
STUCK = const(4)  # the chip did not do what a chip must do

# What is written at set-up, in this order, and read back ever after.
_REGISTERS = (
    b"\x12\x13"  # TxMode, RxMode: 106 kbit/s, no CRC by the chip: both directions are checked here
    b"\x24\x26"  # ModWidth; RFCfg: gain 5 of 7, as clones hear themselves at 7
    b"\x2a\x2b"  # TMode: the timer starts by itself at the end of a frame; TPrescaler: a tick is 25 us
    b"\x2c\x2d"  # TReload: 3 ms. A card answers within 0.1 ms
    b"\x15\x11"  # TxASK: without it no card answers; Mode: CRC preset 6363h
    b"\x14"  # TxControl: antenna on, last
)
_VALUES = b"\x00\x00\x26\x58\x80\xa9\x00\x77\x40\x3d\x83"
_COUNTS = b"\xf0\xf0\xff\x70\xff\xff\xff\xff\x40\x03\x03"  # reserved bits read as the maker of the chip likes


class Chip:
    def __init__(self, spi: "Spi", cs: "Pin", rst: "Pin | None") -> None:
        self._spi = spi
        self._cs = cs
        self._rst = rst
        self._pair = bytearray(2)
        self._out = bytearray(_MOST + 1)
        self._in = bytearray(_MOST + 1)
        self._out_view = memoryview(self._out)
        self._in_view = memoryview(self._in)
        self.answer = bytearray(_MOST)
        self.length = 0  # bytes of `answer`
        self.last_bits = 0  # bits of the last byte, 0: all
        self.version = 0

    def _write(self, register: int, value: int) -> None:
        self._pair[0] = register << 1
        self._pair[1] = value
        self._cs(0)
        self._spi.write(self._pair)
        self._cs(1)

    # Reads registers, one for each byte of `addresses`, in one transaction (8.1.2.1); the values are in _in[1:].
    def _read(self, addresses: "Buffer", count: int) -> None:
        for at in range(count):
            self._out[at] = addresses[at] << 1 | 0x80
        self._out[count] = 0
        self._cs(0)
        self._spi.write_readinto(self._out_view[: count + 1], self._in_view[: count + 1])
        self._cs(1)

    def _read_one(self, register: int) -> int:
        self._pair[0] = register
        self._read(self._pair, 1)
        return self._in[1]

    async def soft_reset(self) -> None:
        self._write(_COMMAND, _SOFT_RESET)
        await self._set_up()

    # NRSTPD low for at least 100 ns (8.8.1), then time for the crystal. Without that pin: a soft reset, again.
    async def hard_reset(self) -> None:
        if self._rst is None:
            await self.soft_reset()
            return
        self._rst(0)
        await asyncio.sleep_ms(5)
        self._rst(1)
        await self._set_up()

    async def _set_up(self) -> None:
        await asyncio.sleep_ms(50)
        if self._read_one(_COMMAND) & _POWER_DOWN:
            raise OSError("chip does not wake up")
        for at in range(len(_REGISTERS)):
            self._write(_REGISTERS[at], _VALUES[at])
        self._write(_COLL, 0)
        self.version = self._read_one(_VERSION)
        await asyncio.sleep_ms(6)
        if await self.exchange(b"\x52", 1, 7) == STUCK:
            raise OSError("chip sends nothing")

    # Without field for 5 ms every card forgets in which state it was; it may need 5 ms more before it answers.
    async def field_anew(self) -> None:
        if self._read_one(_TX_CONTROL) & 3 != 3:
            raise OSError("antenna off")
        self._write(_TX_CONTROL, 0x80)
        await asyncio.sleep_ms(6)
        self._write(_TX_CONTROL, 0x83)
        await asyncio.sleep_ms(6)

    # What is not as it was set up, as text; empty: all well. A bus that gives only 00 or FF fails at the version.
    def lost(self) -> str:
        self._read(b"\x37\x08\x01", 3)
        version, status, command = self._in[1], self._in[2], self._in[3]
        if version in (0x00, 0xFF) or version != self.version:
            return f"version {version:02X}"
        if status & 0x08:
            return "crypto on"
        if command & _POWER_DOWN:
            return "powered down"
        self._read(_REGISTERS, len(_REGISTERS))
        for at in range(len(_REGISTERS)):
            if (self._in[at + 1] ^ _VALUES[at]) & _COUNTS[at]:
                return f"register {_REGISTERS[at]:02X} is {self._in[at + 1]:02X}"
        return ""

    # Sends `length` bytes of a frame, `bits` bits of the last one (0: all), and waits for the answer.
    async def exchange(self, frame: "Buffer", length: int, bits: int = 0) -> int:
        self._write(_COMMAND, _IDLE)
        self._write(_COM_IRQ, 0x7F)
        self._write(_FIFO_LEVEL, 0x80)
        self._out[0] = _FIFO << 1
        self._out[1 : length + 1] = frame[:length]
        self._cs(0)
        self._spi.write(self._out_view[: length + 1])
        self._cs(1)
        self._write(_COMMAND, _TRANSCEIVE)
        self._write(_FRAMING, 0x80 | bits)
        # Turns, not milliseconds: when others kept the processor, the answer is there all the same.
        for _ in range(12):
            await asyncio.sleep_ms(1)
            irq = self._read_one(_COM_IRQ)
            if irq & 0x31:
                return self._received(irq)
        return STUCK

    def _received(self, irq: int) -> int:
        self._read(b"\x06\x0a\x0c", 3)
        error, level, control = self._in[1], self._in[2], self._in[3]
        if irq & 0x90 or control & 0x08 or level & 0x80:
            return STUCK  # bits that are always 0, and Idle, which Transceive never raises: the bus is lying
        if not irq & 0x20:
            return SILENT
        if error & 0x08:
            return COLLISION
        if error & 0x17 or not 0 < level <= _MOST:
            return BAD
        self._read(_FIFO_READS, level)
        self.answer[:level] = self._in_view[1 : level + 1]
        self.length = level
        self.last_bits = control & 0x07
        return OK
