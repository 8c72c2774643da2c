"""MFRC522 behind its SPI: commands, CRC coprocessor and radio, after the data sheet, rev. 3.9 (chapters 8 to 10).

Not modelled, and noted in `abuse` when asked for: Mem, GenerateRandomID, Transmit alone, power-down
by command. MFAuthent finds no card, so it never ends, as in the real chip. CollPos counts from the first bit of the
first byte received, RxAlign included; whether the chip does is not known (facts: unverified), nothing should rest on
it.
"""

from simulators.chips import mfrc522_registers as reg
from simulators.chips.cards import crc_a
from simulators.chips.mfrc522_bank import Bank

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.clock import RealClock, VirtualClock
    from simulators.chips.field import Answer, Field

_FIFO_SIZE = 64
_FRAME_DELAY_US = 88
"""From the end of a frame to the card's answer: 1172 or 1236 carrier periods (ISO/IEC 14443-3, 6.2.1.1)."""
_PRESETS = (0x0000, 0x6363, 0xA671, 0xFFFF)


def _air_us(bits: int) -> int:
    """Time of a frame on the air at 106 kbit/s: parity after each byte, start and end of communication."""
    return (bits + bits // 8 + 2) * 944 // 100


class Core(Bank):
    """The chip's inside. What the supply can do to it: `lose_antenna`, `set_crypto`, `flip`, `reset`."""

    def __init__(self, clock: "VirtualClock | RealClock", field: "Field") -> None:
        super().__init__(clock, field)
        self._crc = 0
        self._writes[reg.COMMAND] = self._write_command
        self._writes[reg.BIT_FRAMING] = self._write_bit_framing

    def lose_antenna(self) -> None:
        """A supply dip cleared the two driver bits."""
        self._regs[reg.TX_CONTROL] &= 0xFC
        self._field.power(on=False)

    def set_crypto(self) -> None:
        """A supply dip set MFCrypto1On."""
        self._regs[reg.STATUS2] |= reg.CRYPTO1_ON

    def flip(self, address: int, bits: int) -> None:
        """A supply dip changed a register."""
        self._regs[address] ^= bits

    def _write_command(self, value: int) -> None:
        command = value & 0x0F
        if value & 0x10:
            self.abuse.append("power-down by command is not modelled")
        if command == reg.NO_CHANGE:
            command = self._regs[reg.COMMAND] & 0x0F
        else:
            for what in ("sent", "locked", "received"):
                self._cancel(what)
            self._on_air = False
            self._regs[reg.ERROR] &= 0x40
        self._regs[reg.COMMAND] = value & 0x20 | command
        if command == reg.SOFT_RESET:
            self.reset()
        elif command == reg.CALC_CRC:
            self._crc = _PRESETS[self._regs[reg.MODE] & 3]
            self._calc_crc()
        elif command not in (reg.IDLE, reg.RECEIVE, reg.TRANSCEIVE, reg.AUTHENT, reg.NO_CHANGE):
            self.abuse.append(f"command {command:X} is not modelled")
            self._regs[reg.COMMAND] &= 0x20
            self._raise(reg.IRQ_IDLE)

    def _calc_crc(self) -> None:
        low, high = crc_a(bytes(self._fifo), self._crc)
        self._crc = high << 8 | low
        self._fifo = bytearray()
        self._regs[reg.CRC_HIGH], self._regs[reg.CRC_LOW] = high, low
        if "mute" not in self.faults:
            self._div_irq |= 0x04

    def _start_send(self) -> None:
        if not self._fifo or self._on_air:
            return
        data, last = bytes(self._fifo), self._regs[reg.BIT_FRAMING] & 7
        self._fifo = bytearray()
        if self._regs[reg.TX_MODE] & 0x80:
            data += crc_a(data, _PRESETS[self._regs[reg.MODE] & 3])
        bits = 8 * len(data) - ((8 - last) & 7)
        value = int.from_bytes(data, "little") & ((1 << bits) - 1)
        self._on_air = True
        self._plan(self._clock.us() + _air_us(bits), "sent", (value, bits))

    def _sent(self, at: int, frame: tuple[int, int]) -> None:
        self._raise(reg.IRQ_TX)
        if self._regs[reg.T_MODE] & 0x80:
            self._start_timer(at)
        answer = self._field.exchange(frame[0], frame[1]) if self._can_talk() else None
        if answer is not None and not self._regs[reg.COMMAND] & 0x20:
            begin = at + _FRAME_DELAY_US
            if answer.bits >= 5 and not self._regs[reg.RX_MODE] & 0x04:
                self._plan(begin + _air_us(3), "locked", None)
            self._plan(begin + _air_us(answer.bits), "received", answer)

    def _can_talk(self) -> bool:
        speeds = self._regs[reg.TX_MODE] & 0x70 | self._regs[reg.RX_MODE] & 0x70
        encrypted = self._read_status2() & reg.CRYPTO1_ON
        return bool(self._regs[reg.TX_ASK] & 0x40) and not speeds and not encrypted

    def _received(self, answer: "Answer") -> None:
        align = self._regs[reg.BIT_FRAMING] >> 4 & 7
        value, bits = answer.value << align, answer.bits + align
        if not answer.parity_ok:
            self._fail(reg.ERR_PARITY)
        if answer.collision is not None:
            value = self._collide(value, align + answer.collision)
        data = value.to_bytes((bits + 7) // 8, "little")
        if self._regs[reg.RX_MODE] & 0x80:
            if len(data) < 3 or crc_a(data[:-2], _PRESETS[self._regs[reg.MODE] & 3]) != data[-2:]:
                self._fail(reg.ERR_CRC)
            data = data[:-2]
        if len(self._fifo) + len(data) > _FIFO_SIZE:
            self._fail(reg.ERR_OVERFLOW)
        self._fifo.extend(data[: _FIFO_SIZE - len(self._fifo)])
        self._regs[reg.CONTROL] = 0x10 | bits & 7
        self._alert()
        self._raise(reg.IRQ_RX)

    def _collide(self, value: int, bit: int) -> int:
        self._fail(reg.ERR_COLL)
        keep = self._regs[reg.COLL] & 0x80
        self._regs[reg.COLL] = keep | (0x20 if bit > 31 else (bit + 1) & 0x1F)
        return value if keep else value & ((2 << bit) - 1)

    def _fifo_grew(self) -> None:
        if self._regs[reg.COMMAND] & 0x0F == reg.CALC_CRC:
            self._calc_crc()

    def _happen(self, at: int, what: str, about: object) -> None:
        if what == "sent":
            self._sent(at, about)  # type: ignore[arg-type]
        elif what == "locked":
            self._cancel("timer")
        else:
            self._received(about)  # type: ignore[arg-type]

    def _write_bit_framing(self, value: int) -> None:
        if value & 0x80 and self._regs[reg.COMMAND] & 0x0F == reg.TRANSCEIVE:
            self._start_send()

    def _write_tx_control(self, _value: int) -> None:
        self._antenna(self._regs[reg.TX_CONTROL])

    def _antenna(self, bits: int) -> None:
        self._field.power(on=bits & 3 == 3)
