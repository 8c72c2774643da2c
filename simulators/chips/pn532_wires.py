"""PN532: the two ways to its frames, SPI (UM0701-02, 6.2.5) and high-speed UART (6.2.3)."""

from simulators.chips.pins import Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.chips.pn532 import Pn532
    from simulators.chips.uart import Uart


class Pn532Spi:
    """SPI slave, mode 0, least significant bit first, on a bus that sends the most significant bit first.

    `mangle` may change a byte on its way to the firmware.
    """

    def __init__(self, chip: "Pn532") -> None:
        self.chip = chip
        self.cs = Pin(1, self._selected)
        self._low_us = 0
        self._heard = bytearray()
        self._reading = bytearray()
        self.transactions = 0
        self.mangle: Callable[[int], int] | None = None

    def _selected(self, level: int) -> None:
        chip = self.chip
        if not level:
            self.transactions += 1
            chip.clock.spend(20)
            self._low_us, self._heard, self._reading = chip.clock.us(), bytearray(), bytearray()
        elif chip.asleep and chip.rst.value() and chip.clock.us() - self._low_us >= 2000:
            chip.asleep = False
        elif self._heard[:1] == b"\x01":
            chip.host(bytes(self._heard[1:]))

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """machine.SPI.write"""
        for byte in data:
            self._shift(byte)

    def readinto(self, data: bytearray | memoryview, out: int = 0) -> None:
        """machine.SPI.readinto"""
        for at in range(len(data)):
            data[at] = self._shift(out)

    def write_readinto(self, out: bytes | bytearray | memoryview, data: bytearray | memoryview) -> None:
        """machine.SPI.write_readinto"""
        for at in range(len(out)):
            data[at] = self._shift(out[at])

    def _shift(self, out: int) -> int:
        self.chip.clock.spend(2)
        if self.cs.value() or "bus" in self.chip.faults or not self.chip.rst.value():
            return 0xFF
        self._heard.append(_mirror(out))
        data = 0 if self.chip.asleep else _mirror(self._data())
        return data if self.mangle is None else self.mangle(data)

    def _data(self) -> int:
        chip = self.chip
        chip.settle()
        ready = bool(chip.out) and chip.out[0][0] <= chip.clock.us()
        if len(self._heard) == 1:
            return 0
        if self._heard[0] == 0x02:
            return 1 if ready else 0
        if self._heard[0] != 0x03:
            return 0
        if len(self._heard) == 2:
            if not ready:
                chip.abuse.append("read while nothing is ready")
                return 0
            self._reading = bytearray(chip.out[0][1])
            chip.out = chip.out[1:]
        byte = self._reading[0] if self._reading else 0
        self._reading = self._reading[1:]
        return byte


def _mirror(byte: int) -> int:
    return sum(128 >> at for at in range(8) if byte >> at & 1)


class Pn532Hsu:
    """High-speed UART: `uart` is the firmware's end of it."""

    def __init__(self, chip: "Pn532", uart: "Uart") -> None:
        self.chip = chip
        self.uart = uart
        uart.on_write = self._heard
        uart.before_read = self._speak

    def _heard(self, data: bytes) -> None:
        if data[:1] == b"\x55":
            self.chip.asleep = not self.chip.rst.value()
        else:
            self.chip.host(data)

    def _speak(self) -> None:
        chip = self.chip
        chip.settle()
        while chip.out and chip.out[0][0] <= chip.clock.us():
            self.uart.send(chip.out[0][1])
            chip.out = chip.out[1:]
