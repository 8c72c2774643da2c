# RDM6300 and Wiegand: frames as published, repeats, everything that is no frame, and bits that MicroPython missed.

import random

from reader_rig import Rig, refs, words

from firmware.readers.rdm6300 import Rdm6300, digits
from firmware.readers.wiegand import Wiegand, number
from simulators.chips import rdm6300, wiegand
from simulators.chips.uart import Uart

NUMBER = bytes.fromhex("0B00123456")
FRAME = bytes.fromhex("0230423030313233343536374203")
W26 = "00001001000110100010101100"


class Rdm(Rig):
    def __init__(self, confirm=2):
        super().__init__()
        self.uart = Uart(self.clock, 9600)
        self.chip = rdm6300.Rdm6300(self.clock, self.uart)
        self.reader = Rdm6300(self.uart, self.clock.ticks_ms, confirm)


class Lines(Rig):
    def __init__(self):
        super().__init__()
        self.chip = wiegand.WiegandReader(self.clock)
        self.reader = Wiegand(self.chip.d0, self.chip.d1, self.clock.ticks_ms, self.clock.ticks_us)

    # Bits on the lines, then silence; what was said.
    async def hear(self, bits, silence=3, **how):
        self.chip.send(bits, **how)
        return await self.looks(silence)


def test_rdm_frame():
    assert rdm6300.frame(NUMBER) == FRAME
    assert digits(FRAME) == "0B00123456"
    for bit in range(8 * len(FRAME)):
        bad = bytearray(FRAME)
        bad[bit >> 3] ^= 1 << (bit & 7)
        assert digits(bad) is None, bit
    for bad in (b"", FRAME[:-1], FRAME + b"\x03", FRAME[1:] + b"\x03", FRAME.replace(b"B", b"b")):
        assert digits(bad) is None


async def test_rdm_card_is_one_tap_a_visit():
    rig = Rdm()
    await rig.reader.start()
    for _ in range(2):
        rig.chip.put(NUMBER)
        (tap,) = await rig.looks(40)
        assert (tap.method, tap.scheme, tap.ref, tap.raw, tap.flags) == ("card", "card", "0B00123456", FRAME, ())
        rig.chip.take()
        assert await rig.looks(12) == []
    assert rig.reader.counters["misreads"] == 0


async def test_rdm_exchange_of_cards_and_a_module_that_says_it_once():
    rig = Rdm()
    await rig.reader.start()
    rig.chip.put(NUMBER)
    await rig.looks(5)
    rig.chip.put(bytes.fromhex("0100ABCDEF"))
    assert refs(await rig.looks(5)) == ["0100ABCDEF"]
    rig = Rdm(confirm=1)
    await rig.reader.start()
    rig.uart.send(FRAME)
    assert refs(await rig.looks(3)) == ["0B00123456"]
    rig = Rdm()
    await rig.reader.start()
    rig.uart.send(FRAME)
    assert await rig.looks(30) == []
    rig.uart.send(FRAME)
    assert await rig.looks(30) == []  # long after: not the same visit


async def test_rdm_noise_is_no_false_tap():
    random.seed(17)
    rig = Rdm()
    await rig.reader.start()

    def spoil(data):
        out = bytearray(data)
        for _ in range(random.choice((0, 0, 0, 1, 2, 3))):
            if out:
                at = random.randint(0, len(out) - 1)
                out[at] = random.choice(b"0123456789ABCDEF\x02\x03")
        cut = random.randint(0, len(out))
        return bytes(out[:cut]) if random.getrandbits(3) == 0 else bytes(out)

    rig.uart.mangle = spoil
    seen = 0
    for _ in range(300):
        rig.chip.put(NUMBER)
        said = refs(await rig.looks(8))
        assert set(said) <= {"0B00123456"}, said
        seen += len(said)
        rig.chip.take()
        await rig.looks(9)
    assert seen > 200
    assert rig.reader.counters["misreads"] > 300


async def test_rdm_random_bytes():
    random.seed(19)
    rig = Rdm(confirm=1)
    await rig.reader.start()
    for _ in range(300):
        rig.uart.send(bytes([random.choice(b"\x02\x0300AF19" + bytes((random.getrandbits(8),))) for _ in range(30)]))
        for tap in await rig.looks(1):
            assert tap.word == "bad-frame"


def test_wiegand_numbers():
    assert wiegand.frame(0x123456, 26) == W26
    bits = bytes([int(bit) for bit in W26])
    assert number(bits) == "123456"
    assert number(bytes([int(bit) for bit in wiegand.frame(0x04A1B2C3, 34)])) == "04A1B2C3"
    for at in range(26):
        bad = bytearray(bits)
        bad[at] ^= 1
        assert number(bad) == "", at
    for length in (0, 1, 4, 8, 25, 27, 33, 35):
        assert number(bytes(length)) == ""
    assert number(bytes(26)) == ""
    assert number(b"\x01" * 26) == ""


async def test_wiegand_card_is_one_tap():
    rig = Lines()
    await rig.reader.start()
    (tap,) = await rig.hear(W26)
    assert (tap.method, tap.scheme, tap.ref, tap.raw, tap.flags) == (
        "card",
        "card",
        "123456",
        W26.encode(),
        ("wiegand",),
    )
    assert await rig.hear(W26, silence=10) == []  # the reader repeats itself
    assert refs(await rig.hear(wiegand.frame(0xABCDEF, 26))) == ["ABCDEF"]
    await rig.looks(50)
    assert refs(await rig.hear(wiegand.frame(0xABCDEF, 26))) == ["ABCDEF"]
    assert refs(await rig.hear(wiegand.frame(0x04A1B2C3, 34))) == ["04A1B2C3"]


async def test_wiegand_is_not_read_before_the_frame_is_over():
    rig = Lines()
    await rig.reader.start()
    rig.chip.send(W26)
    assert await rig.reader.poll() == []
    assert refs(await rig.looks(3)) == ["123456"]


async def test_wiegand_partial_frames_are_dropped_counted_and_said():
    rig = Lines()
    await rig.reader.start()
    for cut in range(9, 26):
        said = await rig.hear(W26[:cut])
        assert (refs(said), words(said)) == ([], ["bad-frame"]), cut
    for bits in (W26 + "0", "1" + W26, W26 + W26, W26[:5] + "1" + W26[6:]):
        assert words(await rig.hear(bits)) == ["bad-frame"]
    assert rig.reader.counters["partial"] == 20
    assert rig.reader.counters["parity"] == 1
    assert await rig.hear("1010") == []
    assert await rig.hear("11100001") == []
    assert rig.reader.counters["keys"] == 2
    assert await rig.hear("101") == []


# Wherever the interpreter is blocked and for how long: the right number or "again", never another number.
async def test_wiegand_bits_lost_while_blocked_are_no_false_tap():
    rig = Lines()
    await rig.reader.start()
    right = lost = 0
    for begin in range(0, 40_000, 1_700):
        for length in (1_000, 4_000, 9_000, 15_000, 30_000, 60_000):
            rig.reader._presence.__init__(1)
            before = rig.chip.lost
            said = await rig.hear(W26, blocked=(begin, begin + length))
            assert refs(said) in ([], ["123456"])
            assert refs(said) or words(said) == ["bad-frame"] or rig.chip.lost - before > 16, (begin, length, said)
            lost += rig.chip.lost - before
            assert not (refs(said) and rig.chip.lost > before), (begin, length)
            right += len(refs(said))
            await rig.looks(3)
    assert right > 40
    assert lost > 200


async def test_wiegand_two_cards_in_one_long_block_do_not_mix():
    random.seed(23)
    rig = Lines()
    await rig.reader.start()
    for _ in range(300):
        first, second = (wiegand.frame(random.getrandbits(24), 26) for _ in range(2))
        begin = random.randint(0, 38_000)
        end = begin + random.randint(10_000, 600_000)
        said = await rig.hear(first, silence=0, blocked=(begin, min(end, 39_000)))
        pause = random.randint(0, 300_000)
        rig.clock.spend(pause)
        said += await rig.hear(second, blocked=(0, random.randint(0, 39_000)))
        allowed = {f"{int(bits[1:-1], 2):06X}" for bits in (first, second)}
        assert set(refs(said)) <= allowed, (said, first, second)
        await rig.looks(5)


async def test_wiegand_random_edges():
    random.seed(29)
    rig = Lines()
    await rig.reader.start()
    for _ in range(400):
        bits = "".join(random.choice("01") for _ in range(random.randint(1, 60)))
        for tap in refs(await rig.hear(bits, gap_us=random.choice((50, 200, 1500, 2500, 12_000)))):
            assert len(bits) in (26, 34)
            assert number(bytes([int(bit) for bit in bits])) == tap


async def test_wiegand_a_pause_inside_a_frame_is_no_tap():
    rig = Lines()
    await rig.reader.start()
    assert refs(await rig.hear(W26[:13] + " " * 5 + W26[13:])) == ["123456"]
    await rig.looks(50)
    said = await rig.hear(W26[:13] + " " * 8 + W26[13:])
    assert (refs(said), words(said)) == ([], ["bad-frame"])


# Eight edges of the first card wait in the queue, the rest of it and the begin of the second are lost: 26 bits.
async def test_wiegand_the_head_of_one_card_on_the_tail_of_another():
    first, second = wiegand.frame(0xAC0000, 26), wiegand.frame(0x123456, 26)
    assert number(bytes([int(bit) for bit in first[:8] + second[8:]])) not in ("", "123456", "AC0000")
    rig = Lines()
    await rig.reader.start()
    said = await rig.hear(first + " " * 100 + second, blocked=(0, (26 + 100 + 8) * 1500))
    assert rig.chip.lost == 26
    assert (refs(said), words(said)) == ([], ["bad-frame"])
    assert rig.reader.counters["torn"] == 1
