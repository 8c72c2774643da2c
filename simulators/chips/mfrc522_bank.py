"""MFRC522: its registers as a host sees them, with FIFO, interrupt requests and timer; `mfrc522_core` adds the radio.

Nothing runs in the background: each access first lets happen what was due by then.
"""

from simulators.chips import mfrc522_registers as reg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.chips.clock import RealClock, VirtualClock
    from simulators.chips.field import Field

_FIFO_SIZE = 64
_START_UP_US = 600
"""Crystal and oscillator after a reset; the data sheet gives 37.74 us for the oscillator alone."""


class Bank:
    """Registers, FIFO, interrupt requests and timer. `faults` holds the words of what is broken just now."""

    def __init__(self, clock: "VirtualClock | RealClock", field: "Field") -> None:
        self._clock = clock
        self._field = field
        self.faults: set[str] = set()
        self.abuse: list[str] = []
        self.version = 0x92
        self._reads: dict[int, Callable[[], int]] = {
            reg.COM_IRQ: lambda: self._irq,
            reg.DIV_IRQ: lambda: self._div_irq,
            reg.STATUS1: self._read_status1,
            reg.STATUS2: self._read_status2,
            reg.FIFO_DATA: self._read_fifo,
            reg.FIFO_LEVEL: lambda: len(self._fifo),
            reg.T_COUNTER_HIGH: lambda: self._read_counter() >> 8 & 0xFF,
            reg.T_COUNTER_LOW: lambda: self._read_counter() & 0xFF,
            reg.VERSION: lambda: self.version,
        }
        self._writes: dict[int, Callable[[int], None]] = {
            reg.COM_IRQ: self._write_irq,
            reg.DIV_IRQ: self._write_div_irq,
            reg.STATUS2: self._write_status2,
            reg.FIFO_DATA: self._write_fifo,
            reg.FIFO_LEVEL: self._write_level,
            reg.CONTROL: self._write_control,
            reg.TX_CONTROL: lambda _value: self._field.power(on=self._regs[reg.TX_CONTROL] & 3 == 3),
        }
        self.reset()

    def reset(self) -> None:
        """Everything as after power-up, RAM and antenna included."""
        self._regs = bytearray(64)
        for address, value in reg.AFTER_RESET.items():
            self._regs[address] = value
        self._fifo = bytearray()
        self._irq = 0x14
        self._div_irq = 0
        self._on_air = False
        self._due: list[tuple[int, str, object]] = []
        self._awake_us = self._clock.us() + _START_UP_US
        self._field.power(on=False)

    def read(self, address: int) -> int:
        """What the host sees at an address."""
        self._settle()
        if self._clock.us() < self._awake_us:
            return 0x30 if address == reg.COMMAND else 0x00
        if address in reg.RESERVED:
            self.abuse.append(f"read of reserved register {address:02X}")
        special = self._reads.get(address)
        return self._regs[address] if special is None else special()

    def write(self, address: int, value: int) -> None:
        """The host writes; ignored while the chip starts up, as its digital part has no clock yet."""
        self._settle()
        if self._clock.us() < self._awake_us:
            return
        special = self._writes.get(address)
        if address in reg.WRITABLE:
            mask = reg.WRITABLE[address]
            if address == reg.TX_CONTROL and "antenna" in self.faults:
                value &= ~3
            self._regs[address] = (self._regs[address] & ~mask | value & mask) & 0xFF
        elif special is None:
            self.abuse.append(f"write to register {address:02X}")
        if special is not None:
            special(value)

    def _read_fifo(self) -> int:
        if not self._fifo:
            self.abuse.append("read of an empty FIFO")
            return 0
        byte = self._fifo[0]
        self._fifo = self._fifo[1:]
        self._alert()
        return byte

    def _read_status1(self) -> int:
        running = 0x08 if self._find("timer") is not None else 0
        water = self._regs[reg.WATER_LEVEL]
        low = 1 if len(self._fifo) <= water else 0
        high = 2 if _FIFO_SIZE - len(self._fifo) <= water else 0
        return 0x20 | running | high | low

    def _read_status2(self) -> int:
        return self._regs[reg.STATUS2] | (reg.CRYPTO1_ON if "crypto" in self.faults else 0)

    def _write_irq(self, value: int) -> None:
        if value & 0x80:
            self._irq |= value & 0x7F
        else:
            self._irq &= ~value & 0x7F

    def _write_div_irq(self, value: int) -> None:
        if not value & 0x80:
            self._div_irq &= ~value & 0x14

    def _write_status2(self, value: int) -> None:
        keep = self._regs[reg.STATUS2] & value & reg.CRYPTO1_ON  # the host can only clear it
        self._regs[reg.STATUS2] = keep | value & 0xC0

    def _write_fifo(self, value: int) -> None:
        if self._on_air:
            self._fail(reg.ERR_WRITE)
            return
        if len(self._fifo) == _FIFO_SIZE:
            self._fail(reg.ERR_OVERFLOW)
            return
        self._fifo.append(value)
        self._alert()
        self._fifo_grew()

    def _write_level(self, value: int) -> None:
        if value & 0x80:
            self._fifo = bytearray()
            self._regs[reg.ERROR] &= ~reg.ERR_OVERFLOW & 0xFF
            self._alert()

    def _write_control(self, value: int) -> None:
        if value & 0x80:
            self._cancel("timer")
        elif value & 0x40:
            self._start_timer(self._clock.us())

    # -- timer, interrupt requests, what is due

    def _start_timer(self, at: int) -> None:
        self._cancel("timer")
        prescaler = (self._regs[reg.T_MODE] & 0x0F) << 8 | self._regs[reg.T_PRESCALER]
        reload = self._regs[reg.T_RELOAD_HIGH] << 8 | self._regs[reg.T_RELOAD_LOW]
        self._plan(at + (2 * prescaler + 1) * (reload + 1) * 100 // 1356, "timer", None)

    def _read_counter(self) -> int:
        ends = self._find("timer")
        prescaler = (self._regs[reg.T_MODE] & 0x0F) << 8 | self._regs[reg.T_PRESCALER]
        left = 0 if ends is None else (ends - self._clock.us()) * 1356 // 100
        return left // (2 * prescaler + 1)

    def _fail(self, bit: int) -> None:
        self._regs[reg.ERROR] |= bit
        self._raise(reg.IRQ_ERR)

    def _raise(self, bits: int) -> None:
        if "mute" not in self.faults:
            self._irq |= bits

    def _alert(self) -> None:
        status = self._read_status1()
        self._raise((reg.IRQ_LO if status & 1 else 0) | (reg.IRQ_HI if status & 2 else 0))

    def _plan(self, at: int, what: str, about: object) -> None:
        self._due.append((at, what, about))
        self._due.sort(key=lambda one: one[0])

    def _find(self, what: str) -> int | None:
        for at, name, _about in self._due:
            if name == what:
                return at
        return None

    def _cancel(self, what: str) -> None:
        self._due = [one for one in self._due if one[1] != what]

    def _settle(self) -> None:
        now = self._clock.us()
        while self._due and self._due[0][0] <= now:
            at, what, about = self._due[0]
            self._due = self._due[1:]
            if what == "timer":
                self._raise(reg.IRQ_TIMER)
                if self._regs[reg.T_MODE] & 0x10:
                    self._start_timer(at)
            else:
                self._happen(at, what, about)

    def _happen(self, at: int, what: str, about: object) -> None:
        raise NotImplementedError

    def _fifo_grew(self) -> None:
        raise NotImplementedError
