# The simulated MFRC522 itself, by registers alone: what the data sheet says, and what it refuses.

from reader_rig import card

from simulators.chips.clock import VirtualClock
from simulators.chips.field import Field
from simulators.chips.mfrc522 import Mfrc522

COMMAND, COM_IRQ, DIV_IRQ, ERROR, STATUS2, FIFO, LEVEL, CONTROL, FRAMING, COLL = 1, 4, 5, 6, 8, 9, 0xA, 0xC, 0xD, 0xE
SET_UP = ((0x12, 0), (0x13, 0), (0x24, 0x26), (0x2A, 0x80), (0x2B, 0xA9), (0x2C, 3), (0x2D, 0xE8), (0x15, 0x40))


class Host:
    def __init__(self, *uids):
        self.clock = VirtualClock()
        self.field = Field(self.clock)
        self.chip = Mfrc522(self.clock, self.field)
        self.clock.spend(1000)
        for uid in uids:
            self.field.put(card(uid))

    def set(self, *pairs):
        for register, value in pairs:
            self.chip.cs(0)
            self.chip.spi.write(bytes((register << 1, value)))
            self.chip.cs(1)

    def get(self, register):
        room = bytearray(2)
        self.chip.cs(0)
        self.chip.spi.write_readinto(bytes((register << 1 | 0x80, 0)), room)
        self.chip.cs(1)
        return room[1]

    def get_fifo(self):
        return bytes([self.get(FIFO) for _ in range(self.get(LEVEL))])

    def set_up(self):
        self.set(*SET_UP)
        self.set((0x11, 0x3D), (0x14, 0x83))
        self.clock.spend(6000)

    def transceive(self, data, bits=0, wait_us=3000):
        self.set((COMMAND, 0), (COM_IRQ, 0x7F), (LEVEL, 0x80))
        for byte in data:
            self.set((FIFO, byte))
        self.set((COMMAND, 0x0C), (FRAMING, 0x80 | bits))
        self.clock.spend(wait_us)
        return self.get(COM_IRQ)


def test_reset_values():
    host = Host()
    known = {1: 0x20, 4: 0x14, 6: 0, 7: 0x21, 8: 0, 0xA: 0, 0xC: 0x10, 0x11: 0x3F, 0x14: 0x80, 0x21: 0xFF, 0x22: 0xFF}
    known.update({0x24: 0x26, 0x26: 0x48, 0x2A: 0, 0x37: 0x92})
    for register, value in known.items():
        assert host.get(register) == value, register
    assert not host.chip.abuse


def test_one_transaction_reads_many_registers_and_writes_one():
    host = Host()
    room = bytearray(4)
    host.chip.cs(0)
    host.chip.spi.write_readinto(bytes((0xEE, 0x82, 0xA2, 0x00)), room)
    host.chip.cs(1)
    assert bytes(room[1:]) == b"\x92\x20\x3f"
    host.chip.cs(0)
    host.chip.spi.write(bytes((FIFO << 1, 1, 2, 3)))
    host.chip.cs(1)
    assert host.get_fifo() == b"\x01\x02\x03"
    assert not host.chip.abuse


def test_bus_misuse_is_noted():
    host = Host()
    host.chip.spi.write(b"\x12\x01")  # not selected: not heard
    assert host.get(LEVEL) == 0
    for wrong in (b"\x83\x00", b"\x80\x00", b"\x82\x00\x00"):
        before = len(host.chip.abuse)
        room = bytearray(len(wrong))
        host.chip.cs(0)
        host.chip.spi.write_readinto(wrong, room)
        host.chip.cs(1)
        assert len(host.chip.abuse) > before, wrong
    host.get(FIFO)
    host.set((0x37, 1))
    assert len(host.chip.abuse) >= 5


def test_fifo_overflow_and_flush():
    host = Host()
    for byte in range(65):
        host.set((FIFO, byte))
    assert host.get(LEVEL) == 64
    assert host.get(ERROR) == 0x10
    host.set((LEVEL, 0x80))
    assert host.get(LEVEL) == 0
    assert host.get(ERROR) == 0


def test_crc_coprocessor_goes_on_until_told_to_stop():
    host = Host()
    host.set((0x11, 0x3D), (DIV_IRQ, 0x04), (FIFO, 0x12), (FIFO, 0x34), (COMMAND, 3))
    assert host.get(DIV_IRQ) & 0x04
    assert (host.get(0x22), host.get(0x21)) == (0x26, 0xCF)
    assert host.get(COMMAND) & 0x0F == 3
    host.set((COMMAND, 0), (FIFO, 0), (FIFO, 0), (COMMAND, 3))
    assert (host.get(0x22), host.get(0x21)) == (0xA0, 0x1E)


def test_commands_that_are_none_and_idle():
    host = Host()
    host.set((COM_IRQ, 0x7F), (COMMAND, 0x0D))
    assert host.get(COM_IRQ) & 0x10
    assert host.get(COMMAND) & 0x0F == 0
    host.set((COM_IRQ, 0x7F), (COMMAND, 0x00))
    assert not host.get(COM_IRQ) & 0x10
    host.set((COM_IRQ, 0x90))
    assert host.get(COM_IRQ) & 0x10


def test_transceive_answers_and_never_ends():
    host = Host("DEADBEEF")
    host.set_up()
    assert host.transceive(b"\x52", 7) & 0x31 == 0x20
    assert host.get_fifo() == b"\x04\x00"
    assert host.get(ERROR) == 0
    assert host.get(CONTROL) & 7 == 0
    assert host.get(COMMAND) & 0x0F == 0x0C
    host.transceive(b"\x93\x20")
    assert host.get_fifo() == bytes.fromhex("DEADBEEF22")
    host.transceive(bytes.fromhex("9370DEADBEEF22B99C"))
    assert host.get_fifo() == bytes.fromhex("08B6DD")
    assert not host.chip.abuse


def test_the_timer_says_that_nobody_answered():
    host = Host()
    host.set_up()
    assert not host.transceive(b"\x52", 7, wait_us=24_000) & 1
    assert host.get(7) & 8
    assert 0 < host.get(0x2E) << 8 | host.get(0x2F) < 100
    host.clock.spend(1500)
    assert host.get(COM_IRQ) & 0x31 == 1
    assert not host.get(7) & 8


def test_nobody_hears_without_antenna_or_modulation_or_with_crypto_on():
    for register, value in ((0x14, 0x80), (0x14, 0x81), (0x15, 0x00), (0x12, 0x10)):
        host = Host("DEADBEEF")
        host.set_up()
        host.set((register, value))
        host.clock.spend(6000)
        assert not host.transceive(b"\x52", 7) & 0x20, (register, value)
    host = Host("DEADBEEF")
    host.set_up()
    host.chip.core.set_crypto()
    assert host.get(STATUS2) & 8
    assert not host.transceive(b"\x52", 7) & 0x20
    host.set((STATUS2, 0x00))
    assert host.get(STATUS2) & 8 == 0
    assert host.transceive(b"\x52", 7) & 0x20
    host.set((STATUS2, 0x08))
    assert host.get(STATUS2) & 8 == 0


def test_collision_position_and_bits_after_it():
    host = Host("DEADBEEF", "DEAD3EEF")
    host.set_up()
    host.set((COLL, 0))
    host.transceive(b"\x52", 7)
    assert host.transceive(b"\x93\x20") & 0x22 == 0x22
    assert host.get(ERROR) == 0x08
    assert host.get(COLL) & 0x3F == 0x18
    assert host.get_fifo()[3:] == b"\x00\x00"


def test_known_bits_are_put_in_place():
    host = Host("DEADBEEF")
    host.set_up()
    host.transceive(b"\x52", 7)
    host.set((COMMAND, 0), (COM_IRQ, 0x7F), (LEVEL, 0x80), (FIFO, 0x93), (FIFO, 0x34), (FIFO, 0xDE), (FIFO, 0x0D))
    host.set((COMMAND, 0x0C), (FRAMING, 0x80 | 4 << 4 | 4))
    host.clock.spend(2000)
    assert host.get_fifo() == b"\xa0\xbe\xef\x22"


def test_fifo_is_closed_while_on_the_air():
    host = Host()
    host.set_up()
    host.transceive(b"\x52", 7, wait_us=10)
    host.set((FIFO, 1))
    assert host.get(ERROR) == 0x80
    assert host.get(LEVEL) == 0


def test_parity_and_crc_errors():
    host = Host("DEADBEEF")
    host.set_up()
    host.field.noise = lambda bits: 1
    host.transceive(b"\x52", 7)
    assert host.get(ERROR) == 0x02
    host.field.noise = lambda bits: 3
    host.transceive(b"\x26", 7)
    host.transceive(b"\x52", 7)
    assert host.get(ERROR) == 0
    assert host.get_fifo() == b"\x07\x00"
    host.transceive(b"\x93\x20")
    host.set((0x12, 0x80), (0x13, 0x80))
    host.field.noise = None
    host.transceive(bytes.fromhex("9370DEADBEEF22"))
    assert host.get(ERROR) == 0
    assert host.get_fifo() == b"\x08"
    host.set((0x12, 0x00))
    host.transceive(b"\x52", 7)
    host.transceive(b"\x52", 7)
    assert host.get(ERROR) == 0x04


def test_soft_reset_forgets_everything_and_needs_time():
    host = Host("DEADBEEF")
    host.set_up()
    host.set((COMMAND, 0x0F))
    assert host.get(COMMAND) & 0x10
    assert host.get(0x37) == 0
    host.set((0x2D, 1))
    host.clock.spend(1000)
    assert host.get(COMMAND) == 0x20
    assert host.get(0x2D) == 0
    assert host.get(0x14) == 0x80
    assert not host.transceive(b"\x52", 7) & 0x21  # no TAuto: not even the timer


def test_nrstpd_holds_the_chip():
    host = Host()
    host.set_up()
    host.chip.rst(0)
    assert host.get(0x37) == 0xFF
    host.chip.rst(1)
    host.clock.spend(1000)
    assert host.get(0x37) == 0x92
    assert host.get(0x2D) == 0


def test_faults_last_until_their_cure():
    host = Host()
    for cure, soft, hard in (("soft", True, True), ("hard", False, True), ("none", False, False)):
        for reset, healed in (
            (lambda: host.set((COMMAND, 0x0F)), soft),
            (lambda: (host.chip.rst(0), host.chip.rst(1)), hard),
        ):
            host.chip.break_("version-00", cure)
            reset()
            host.clock.spend(1000)
            assert (host.get(0x37) == 0x92) == healed, cure
            host.chip.mend()
            assert host.get(0x37) == 0x92
