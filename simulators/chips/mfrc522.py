"""MFRC522 as it sits on the board: SPI, chip select, NRSTPD, and what a bad supply does to it.

SPI as in the data sheet, 8.1.2: mode 0, most significant bit first; address byte = register << 1, bit 7 set to read;
while reading each byte out names the next register and the data comes one byte later, the last byte out is 00; while
writing all bytes go to the one register.
"""

from simulators.chips.mfrc522_core import Core
from simulators.chips.pins import Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.clock import RealClock, VirtualClock
    from simulators.chips.field import Field

FAULTS = ("antenna", "crypto", "mute", "version-00", "version-ff", "bus", "deaf-to-reset")
"""antenna: its driver bits cannot be set. crypto: MFCrypto1On reads 1 and encrypts. mute: no interrupt request is ever
raised. version-..: that is what VersionReg reads. bus: every byte reads FF. deaf-to-reset: SoftReset does nothing."""


class Mfrc522:
    """One chip: hand `spi`, `cs` and `rst` to the firmware, put cards into its field."""

    def __init__(self, clock: "VirtualClock | RealClock", field: "Field") -> None:
        self._clock = clock
        self.core = Core(clock, field)
        self.cs = Pin(1, self._selected)
        self.rst = Pin(1, self._reset_pin)
        self.spi = self
        self._cure: dict[str, str] = {}
        self._first: int | None = None
        self._next: int | None = None
        self._glitch = (0, 0, 0)
        self.bytes_moved = 0
        self.transactions = 0

    # -- what goes wrong

    @property
    def abuse(self) -> list[str]:
        """What the firmware did that the data sheet forbids."""
        return self.core.abuse

    def break_(self, fault: str, cure: str) -> None:
        """From now on one of FAULTS, until a "soft" or "hard" reset, or until `mend` if cure is "none"."""
        if fault not in FAULTS or cure not in ("soft", "hard", "none"):
            raise ValueError(f"no such fault or cure: {fault}, {cure}")
        self.core.faults.add(fault)
        self._cure[fault] = cure
        if fault == "antenna":
            self.core.lose_antenna()

    def mend(self) -> None:
        """The technician mended the wiring: nothing is broken any more."""
        self.core.faults.clear()
        self._cure = {}

    def glitch(self, count: int, byte: int = 0xFF, after: int = 0) -> None:
        """`count` bytes of data read as `byte`, once `after` more were read well."""
        self._glitch = (after, after + count, byte)

    def brown_out(self) -> None:
        """The supply dipped: everything is as after power-up, and nobody was told."""
        self.core.reset()

    # -- the firmware's side

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
        if len(out) != len(data):
            raise ValueError("buffers must be the same length")
        for at in range(len(out)):
            data[at] = self._shift(out[at])

    def _selected(self, level: int) -> None:
        if not level:
            self.transactions += 1
            self._clock.spend(20)  # a call from MicroPython
        self._first = self._next = None

    def _reset_pin(self, _level: int) -> None:
        self._forget("hard")
        self.core.reset()

    def _forget(self, kind: str) -> None:
        cured = [fault for fault, cure in self._cure.items() if cure == kind or (kind == "hard" and cure == "soft")]
        for fault in cured:
            del self._cure[fault]
            self.core.faults.discard(fault)

    def _shift(self, out: int) -> int:
        self.bytes_moved += 1
        self._clock.spend(1)
        if "bus" in self.core.faults or self.cs.value() or not self.rst.value():
            return 0xFF
        if self._first is None:
            if out & 1:
                self.abuse.append(f"address byte {out:02X} has bit 0 set")
            self._first = out
            self._next = out >> 1 & 0x3F if out & 0x80 else None
            return 0
        if self._first & 0x80:
            return self._read(out)
        self._write(self._first >> 1 & 0x3F, out)
        return 0

    def _read(self, out: int) -> int:
        if self._next is None:
            self.abuse.append("read on after the closing 00")
            return 0
        data = self._data(self._next)
        self._next = out >> 1 & 0x3F if out & 0x80 else None
        begin, end, byte = self._glitch
        if not end:
            return data
        self._glitch = (begin - 1, end - 1, byte)
        return byte if begin <= 0 else data

    def _data(self, address: int) -> int:
        if address == 0x37:
            for fault, byte in (("version-00", 0x00), ("version-ff", 0xFF)):
                if fault in self.core.faults:
                    return byte
        return self.core.read(address)

    def _write(self, address: int, value: int) -> None:
        if address == 0x01 and value & 0x0F == 0x0F:
            if "deaf-to-reset" in self.core.faults:
                return
            self._forget("soft")
        self.core.write(address, value)
