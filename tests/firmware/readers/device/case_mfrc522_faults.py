# MFRC522: every fault heals or alarms, and none makes a tap.

import random

from reader_rig import Rc522, card, refs, words

from simulators.chips.mfrc522 import FAULTS

UID = "04A1B2C3D4E580"


async def started(rst=True):
    rig = Rc522(rst)
    await rig.reader.start()
    assert rig.reader.alive
    return rig


async def taps_again(rig):
    rig.field.clear()
    await rig.looks(6)
    rig.field.put(card(UID))
    assert refs(await rig.until_said(5)) == [UID]
    rig.field.clear()
    return True


async def test_every_fault_with_every_cure():
    for fault in FAULTS:
        for cure in ("soft", "hard", "none"):
            if fault in ("bus", "deaf-to-reset") and cure == "soft":
                continue  # a chip that cannot be told to reset itself
            rig = await started()
            rig.chip.break_(fault, cure)
            if fault == "deaf-to-reset":
                rig.chip.break_("mute", "soft")  # alone it shows only when a reset is needed
            said = await rig.until_said(80)
            healed = cure != "none" or fault == "deaf-to-reset"
            assert words(said) == ["reader-reset" if healed else "reader-dead"], (fault, cure, said)
            assert said[0].detail, (fault, cure)
            assert rig.reader.alive == healed
            assert rig.reader.counters["soft-resets"] == 1
            assert rig.reader.counters["hard-resets"] == (0 if cure == "soft" else 1), (fault, cure)
            assert rig.reader.counters["dead"] == (0 if healed else 1)
            if healed:
                assert await taps_again(rig)
            assert not rig.chip.abuse, (fault, cure, rig.chip.abuse)


async def test_a_dead_reader_is_said_once_tried_ever_more_rarely_and_comes_back():
    rig = await started()
    rig.chip.break_("bus", "none")
    rig.field.put(card(UID))
    assert words(await rig.looks(400, 500)) == ["reader-dead"]
    assert 5 <= rig.reader.counters["hard-resets"] <= 12
    rig.chip.mend()
    said = await rig.until_said(130, 500)
    assert words(said) == ["reader-back"]
    assert refs(said + await rig.looks(2)) == [UID]


async def test_a_chip_that_is_not_there_at_start():
    for rst in (True, False):
        rig = Rc522(rst)
        rig.chip.break_("bus", "none")
        await rig.reader.start()
        assert not rig.reader.alive
        assert words(await rig.looks(20, 500)) == ["reader-dead"]
        rig.chip.mend()
        assert words(await rig.until_said(130, 500)) == ["reader-back"]
        assert await taps_again(rig)


async def test_brown_out_antenna_loss_and_crypto_heal_within_a_second():
    for harm in ("brown_out", "lose_antenna", "set_crypto"):
        rig = await started()
        rig.field.put(card("DEADBEEF"))
        await rig.looks(2)
        getattr(rig.chip if harm == "brown_out" else rig.chip.core, harm)()
        begin = rig.clock.us()
        said = await rig.until_said(40)
        assert words(said) == ["reader-reset"], (harm, said)
        assert rig.clock.us() - begin < 1_500_000
        assert rig.reader.counters["hard-resets"] == 0
        assert await taps_again(rig)


async def test_a_fault_that_comes_again_at_once_gets_the_hard_reset():
    rig = await started()
    for soft, hard in ((1, 0), (1, 1), (1, 2)):
        rig.chip.brown_out()
        assert words(await rig.until_said(40)) == ["reader-reset"]
        assert (rig.reader.counters["soft-resets"], rig.reader.counters["hard-resets"]) == (soft, hard)
    await rig.looks(60)
    rig.chip.brown_out()
    assert words(await rig.until_said(40)) == ["reader-reset"]
    assert rig.reader.counters["soft-resets"] == 2


async def test_every_bit_of_every_register_that_matters():
    # register -> bits that the set-up gives a meaning
    matters = {
        0x12: 0xF0,
        0x13: 0xF0,
        0x24: 0xFF,
        0x26: 0x70,
        0x2A: 0xFF,
        0x2B: 0xFF,
        0x2C: 0xFF,
        0x2D: 0xFF,
        0x15: 0x40,
    }
    matters.update({0x11: 0x03, 0x14: 0x03, 0x08: 0x08})
    rig = await started()
    for register, mask in matters.items():
        for bit in range(8):
            if mask >> bit & 1:
                rig.chip.core.flip(register, 1 << bit)
                said = await rig.looks(2, 1000)
                assert words(said) == ["reader-reset"], (register, bit, said)
                assert await rig.looks(2, 1000) == []


async def test_a_bad_byte_on_the_bus_is_not_worth_a_reset():
    rig = await started()
    rig.field.put(card("DEADBEEF"))
    await rig.looks(2)
    for byte in (0x00, 0xFF, 0x5A):
        for when in range(25):
            await rig.looks(1, 1000 if when % 2 else 10)
            rig.chip.glitch(1, byte)
    assert rig.reader.counters["hard-resets"] == 0
    assert rig.reader.counters["dead"] == 0


async def test_glitches_at_any_byte_of_a_look_are_no_false_tap():
    for byte in (0x00, 0xFF, 0x20, 0x81):
        for length in (1, 2, 5, 40):
            for at in range(0, 60, 3):
                rig = await started()
                rig.field.put(card(UID))
                rig.chip.glitch(length, byte, after=at)
                assert set(refs(await rig.looks(3))) <= {UID}, (byte, length, at)


async def test_noise_on_the_air_is_no_false_tap():
    random.seed(3)
    rig = await started()
    rig.field.noise = lambda bits: random.getrandbits(30) & random.getrandbits(30) if random.getrandbits(1) else 0
    seen = 0
    for _ in range(150):
        rig.field.put(card(UID))
        said = refs(await rig.looks(2, 20))
        assert set(said) <= {UID}
        seen += len(said)
        rig.field.clear()
        await rig.looks(3, 20)
    assert 10 < seen <= 150
    assert rig.reader.counters["misreads"] > 100
    assert rig.reader.counters["hard-resets"] == 0


async def test_a_cure_that_does_not_last_leads_to_the_hard_reset():
    rig = await started()
    for hard in (0, 1, 2):
        rig.chip.break_("mute", "soft")
        assert words(await rig.until_said(10)) == ["reader-reset"]
        assert rig.reader.counters["hard-resets"] == hard
