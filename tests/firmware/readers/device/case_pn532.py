# PN532 over SPI and HSU: every kind of card, two cards, faults, noise.

import asyncio
import random

from reader_rig import UIDS, Pn, card, refs, words

from simulators.chips.pn532 import FAULTS, pack

LIST_4 = "D54B010100040804DEADBEEF"


async def started(spi, rst=True):
    rig = Pn(spi, rst)
    await rig.reader.start()
    assert rig.reader.alive, rig.reader.why
    return rig


async def test_every_length_of_uid_and_kind_of_card():
    for spi in (True, False):
        rig = await started(spi)
        for uid, kind in (
            (UIDS[0], "classic-1k"),
            (UIDS[1], "ultralight"),
            (UIDS[1], "desfire"),
            (UIDS[2], "ten-byte"),
        ):
            one = card(uid, kind)
            rig.field.put(one)
            (tap,) = await rig.looks(5)
            assert (tap.method, tap.scheme, tap.ref, tap.flags) == ("card", "card", uid, ())
            rig.field.take(one)
            assert await rig.looks(4) == []
        assert rig.reader.counters["misreads"] == 0
        assert not rig.chip.abuse, rig.chip.abuse


async def test_two_cards_are_said_once_and_are_nobodys_tap():
    for spi in (True, False):
        rig = await started(spi)
        for uid in UIDS[:2]:
            rig.field.put(card(uid))
        said = await rig.looks(6)
        assert (refs(said), words(said)) == ([], ["two-cards"])
        rig.field.take(rig.field.cards[0])
        assert refs(await rig.looks(3)) == [UIDS[1]]


async def test_random_uid_is_told_once_while_it_stays():
    from simulators.chips.cards import Card

    random.seed(7)
    rig = await started(True)
    rig.field.put(Card(b"\x08\x00\x00\x00", "phone", random_uid=random))
    (tap,) = await rig.looks(6)
    assert (tap.ref[:2], tap.flags) == ("08", ("random-uid",))


async def test_a_card_that_leaves_or_is_exchanged_at_any_step():
    for uid in UIDS:
        for step in range(16):
            rig = await started(True)
            one, two = card(uid), card("04FFEEDDCCBBAA")
            rig.field.put(one)
            rig.leaves_after(step, one, two)
            said = refs(await rig.looks(4))
            assert said in (["04FFEEDDCCBBAA"], [uid, "04FFEEDDCCBBAA"]), (uid, step, said)


async def test_a_look_is_bounded_though_the_chip_would_look_for_ever():
    rig = await started(True)
    begin = rig.clock.us()
    assert await rig.reader.poll() == []
    assert rig.clock.us() - begin < 100_000


async def test_every_fault_with_every_cure():
    for spi in (True, False):
        for fault in FAULTS:
            for cure in ("abort", "hard", "none"):
                if fault == "bus" and (cure == "abort" or not spi):
                    continue
                rig = await started(spi)
                rig.chip.break_(fault, cure)
                said = await rig.until_said(40)
                if cure == "abort":
                    assert said == []
                    assert rig.reader.alive
                    assert 0 < rig.reader.counters["misreads"] <= 2
                else:
                    assert words(said) == ["reader-reset" if cure == "hard" else "reader-dead"], (fault, cure, said)
                    assert rig.reader.counters["hard-resets"] == 1
                rig.chip.mend()
                if cure == "none":
                    assert words(await rig.until_said(130, 500)) == ["reader-back"]
                rig.field.put(card(UIDS[1]))
                assert refs(await rig.looks(3)) == [UIDS[1]], (spi, fault, cure)
                assert not rig.chip.abuse, (fault, cure, rig.chip.abuse)


async def test_a_silent_reset_of_the_chip_heals():
    for spi in (True, False):
        for rst in (True, False):
            rig = await started(spi, rst)
            for _ in range(3):
                rig.chip.reset()
                assert words(await rig.until_said(10)) == ["reader-reset"]
                rig.field.put(card(UIDS[0]))
                assert refs(await rig.looks(2)) == [UIDS[0]]
                rig.field.clear()
                await rig.looks(60)


async def test_a_chip_that_is_not_there_at_start():
    rig = Pn(True)
    rig.chip.break_("no-ack", "none")
    await rig.reader.start()
    assert words(await rig.looks(10, 1000)) == ["reader-dead"]
    rig.chip.mend()
    assert words(await rig.until_said(130, 500)) == ["reader-back"]


async def test_noise_on_the_line_is_no_false_tap():
    random.seed(11)
    for spi in (True, False):
        rig = await started(spi)

        def flip(byte):
            return byte ^ 1 << random.randint(0, 7) if random.getrandbits(7) == 0 else byte

        if spi:
            rig.wire.mangle = flip
        else:
            rig.uart.mangle = lambda data: bytes([flip(byte) for byte in data if random.getrandbits(9)])
        seen = 0
        for _ in range(300):
            uid = random.choice(UIDS)
            rig.field.put(card(uid))
            said = refs(await rig.looks(2, 20))
            assert set(said) <= {uid}, (uid, said)
            seen += len(said)
            rig.field.clear()
            await rig.looks(2, 20)
        assert seen > 30, seen
        assert rig.reader.counters["misreads"] > 50


# The sum of a frame has 8 bits: it lets two errors through that cancel each other. Reading twice does not.
async def test_errors_that_the_sum_does_not_see_are_no_false_tap():
    rig = await started(False)
    spoiled = 0

    def swap(data):
        nonlocal spoiled
        at = data.find(b"\xde\xad\xbe\xef")
        if at < 0 or spoiled:
            return data
        spoiled += 1
        return data[:at] + b"\xad\xde\xbe\xef" + data[at + 4 :]

    rig.uart.mangle = swap
    rig.field.put(card("DEADBEEF"))
    assert refs(await rig.looks(4)) == ["DEADBEEF"]
    assert spoiled == 1


async def test_old_answers_are_not_taken_for_new_ones():
    rig = await started(False)
    stale = pack(0xD5, bytes.fromhex(LIST_4)[1:])
    for _ in range(20):
        rig.uart.send(stale)
        assert refs(await rig.looks(1, random.randint(0, 30))) == []
        rig.uart.send(stale)
        await asyncio.sleep_ms(50)
        rig.field.put(card(UIDS[1]))
        assert refs(await rig.looks(1)) == [UIDS[1]]
        rig.field.clear()
        await rig.looks(3)


async def test_the_processor_is_left_to_others():
    rig = await started(True)
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep_ms(1)

    task = asyncio.create_task(others())
    await rig.reader.poll()
    assert turns > 10
    task.cancel()


async def test_what_cannot_be_a_uid_is_no_tap():
    rig = await started(True)
    for uid in ("88A1B2C3", "DEADBE", "DEADBEEF01", "", "DEADBEEF01020304"):
        listed = bytes.fromhex("0101000408") + bytes((len(uid) // 2,)) + bytes.fromhex(uid)
        rig.chip._list = lambda most, listed=listed: rig.chip._answer(0x4A, listed)
        said = await rig.looks(3)
        assert (refs(said), words(said)) == ([], ["bad-frame"]), (uid, said)
        rig.chip._list = lambda most: rig.chip._answer(0x4A, b"\x00")
        await rig.looks(3)


async def test_an_answer_to_another_question_is_no_tap():
    rig = await started(True)
    rig.chip._list = lambda most: rig.chip._answer(0x40, bytes.fromhex(LIST_4)[2:])
    assert refs(await rig.looks(10)) == []
    assert rig.reader.counters["misreads"] > 3
