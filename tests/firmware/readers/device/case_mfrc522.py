# MFRC522: every kind of card, one tap a visit, one card at a time, and cards that leave at any moment.

import asyncio
import random

from reader_rig import UIDS, Rc522, card, refs, words

from simulators.chips.cards import Card
from simulators.chips.field import Answer

KINDS = {
    "DEADBEEF": ("classic-1k", "classic-4k", "mini"),
    "04A1B2C3D4E580": ("ultralight", "desfire"),
    "04112233445566778899": ("ten-byte",),
}
RAW = {
    "DEADBEEF": "0400DEADBEEF2208B6DD",
    "04A1B2C3D4E580": "44008804A1B29F04DA17C3D4E5807200FE51",
    "04112233445566778899": "840088041122BF04DA1788334455AA04DA176677889900" + "00FE51",
}
# Frames of one look at a card: WUPA, then anticollision and select for each level.
FRAMES = {"DEADBEEF": 3, "04A1B2C3D4E580": 5, "04112233445566778899": 7}


async def started():
    rig = Rc522()
    await rig.reader.start()
    assert rig.reader.alive
    return rig


async def test_every_length_of_uid_and_every_kind_of_card():
    rig = await started()
    for uid in UIDS:
        for kind in KINDS[uid]:
            one = card(uid, kind)
            rig.field.put(one)
            (tap,) = await rig.looks(3)
            assert (tap.method, tap.scheme, tap.ref, tap.flags) == ("card", "card", uid, ())
            if kind == KINDS[uid][0]:
                assert tap.raw.hex().upper() == RAW[uid], tap.raw.hex()
            rig.field.take(one)
            assert await rig.looks(4) == []
    assert rig.reader.counters["taps"] == 6
    assert rig.reader.counters["misreads"] == 0
    assert not rig.chip.abuse, rig.chip.abuse


async def test_leading_and_inner_zeros_stay():
    rig = await started()
    for uid in ("00000001", "00A0000B", "04000000000000"):
        one = card(uid)
        rig.field.put(one)
        assert refs(await rig.looks(1)) == [uid]
        rig.field.take(one)
        await rig.looks(4)


async def test_a_card_that_stays_is_one_tap_and_comes_again_after_it_left():
    rig = await started()
    one = card("DEADBEEF")
    for _ in range(3):
        rig.field.put(one)
        assert refs(await rig.looks(30)) == ["DEADBEEF"]
        rig.field.take(one)
        assert await rig.looks(3) == []


async def test_a_card_missed_for_a_moment_is_still_there():
    rig = await started()
    one = card("DEADBEEF")
    rig.field.put(one)
    assert len(await rig.looks(2)) == 1
    for _ in range(5):
        rig.field.take(one)
        assert await rig.looks(2) == []
        rig.field.put(one)
        assert await rig.looks(1) == []


async def test_another_card_in_its_place_is_seen_at_once():
    rig = await started()
    for uid in ("DEADBEEF", "DEAD3EEF", "04A1B2C3D4E580", "DEADBEEF"):
        rig.field.clear()
        rig.field.put(card(uid))
        assert refs(await rig.looks(1)) == [uid]
    assert await rig.looks(1) == []


async def test_two_cards_are_said_once_and_are_nobodys_tap():
    pairs = [("DEADBEEF", "DEAD3EEF"), ("DEADBEEF", "04A1B2C3D4E580"), ("04A1B2C3D4E580", "04A1B2C3D4E581")]
    pairs.append(("04112233445566778899", "04112233445566778898"))
    pairs.append(("04112233445566778899", "04112200000000"))
    for first, second in pairs:
        rig = await started()
        rig.field.put(card(first))
        other = card(second)
        rig.field.put(other)
        said = await rig.looks(10)
        assert (refs(said), words(said)) == ([], ["two-cards"]), (first, second, said)
        rig.field.take(other)
        assert refs(await rig.looks(2)) == [first]


async def test_a_second_card_beside_one_that_was_told():
    rig = await started()
    rig.field.put(card("DEADBEEF"))
    assert refs(await rig.looks(2)) == ["DEADBEEF"]
    other = card("04A1B2C3D4E580")
    rig.field.put(other)
    assert words(await rig.looks(5)) == ["two-cards"]
    rig.field.take(other)
    assert await rig.looks(5) == []
    rig.field.put(other)
    assert words(await rig.looks(2)) == ["two-cards"]
    rig.field.take(rig.field.cards[0])
    assert refs(await rig.looks(2)) == ["04A1B2C3D4E580"]


async def test_three_cards():
    rig = await started()
    for uid in UIDS:
        rig.field.put(card(uid))
    said = await rig.looks(5)
    assert (refs(said), words(said)) == ([], ["two-cards"])


async def test_a_card_that_leaves_at_any_step_is_no_tap():
    for uid in UIDS:
        for step in range(FRAMES[uid]):
            rig = await started()
            one = card(uid)
            rig.field.put(one)
            rig.leaves_after(step, one)
            assert refs(await rig.looks(5)) == [], (uid, step)
            rig.field.put(one)
            assert refs(await rig.looks(2)) == [uid], (uid, step)


async def test_a_card_that_leaves_after_its_last_answer_is_a_tap():
    for uid in UIDS:
        for step in (0, 1, 2):
            rig = await started()
            one = card(uid)
            rig.field.put(one)
            rig.leaves_after(FRAMES[uid] + step, one)
            assert refs(await rig.looks(5)) == [uid], (uid, step)


async def test_a_card_exchanged_between_two_levels_gives_no_mixture():
    for uid in UIDS[1:]:
        for other in ("04A1B2FFEEDD11", "04112299887766", "CAFE1234"):
            for step in range(FRAMES[uid]):
                rig = await started()
                one, two = card(uid), card(other)
                rig.field.put(one)
                rig.leaves_after(step, one, two)
                assert refs(await rig.looks(4)) == [other], (uid, other, step)


async def test_bad_bcc_and_bad_crc_are_no_tap_and_are_said_once():
    for fault in ("bad_bcc", "bad_sak_crc"):
        for uid in UIDS:
            rig = await started()
            one = card(uid)
            setattr(one, fault, True)
            rig.field.put(one)
            said = await rig.looks(12)
            assert (refs(said), words(said)) == ([], ["bad-frame"]), (fault, uid, said)
            assert rig.reader.counters["misreads"] >= 10
            setattr(one, fault, False)
            assert refs(await rig.looks(2)) == [uid]


async def test_random_uid_is_flagged_and_told_once_while_it_stays():
    random.seed(7)
    rig = await started()
    phone = Card(b"\x08\x00\x00\x00", "phone", random_uid=random)
    for _ in range(3):
        rig.field.put(phone)
        (tap,) = await rig.looks(10)
        assert (tap.ref, tap.flags) == (phone.uid.hex().upper(), ("random-uid",))
        rig.field.take(phone)
        await rig.looks(4)


async def test_first_generation_copies_are_flagged_and_still_read():
    rig = await started()
    for uid in UIDS[:2]:
        one = card(uid, magic=True)
        rig.field.put(one)
        (tap,) = await rig.looks(10)
        assert (tap.ref, tap.flags) == (uid, ("magic",))
        rig.field.take(one)
        await rig.looks(4)
    rig.field.put(card("DEADBEEF"))
    (tap,) = await rig.looks(3)
    assert tap.flags == ()


async def test_a_look_leaves_the_processor_to_others_and_uses_little_of_the_bus():
    rig = await started()
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep_ms(1)

    task = asyncio.create_task(others())
    before = rig.chip.transactions
    await rig.reader.poll()
    assert turns >= 2
    assert rig.chip.transactions - before <= 40
    rig.field.put(card("04A1B2C3D4E580"))
    turns, before = 0, rig.chip.transactions
    assert len(await rig.reader.poll()) == 1
    assert turns >= 10
    assert rig.chip.transactions - before <= 100
    task.cancel()


async def test_an_answer_that_waits_while_others_work_is_not_lost():
    rig = await started()
    rig.field.put(card("04A1B2C3D4E580"))

    async def hog():
        while True:
            rig.clock.spend(900_000)
            await asyncio.sleep_ms(0)

    task = asyncio.create_task(hog())
    assert refs(await rig.reader.poll()) == ["04A1B2C3D4E580"]
    task.cancel()


# A card that answered and was not heard waits for more, and says nothing to the next WUPA. It has not left.
async def test_answers_that_were_not_heard_do_not_end_the_visit():
    rig = await started()
    rig.field.put(card("DEADBEEF"))
    assert len(await rig.looks(1)) == 1
    for _ in range(6):
        rig.field.spoil = lambda answer: None
        assert await rig.looks(1) == []
        rig.field.spoil = None
        assert await rig.looks(1) == []
    assert await rig.looks(4) == []


async def test_an_answer_that_is_cut_short_is_no_tap():
    for uid in UIDS:
        for step in range(FRAMES[uid]):
            for bits in (1, 4, 7, 8, 9, 12, 15, 16, 20, 23, 24, 32, 39):
                rig = await started()
                rig.field.put(card(uid))
                heard = []

                def cut(answer, heard=heard, step=step, bits=bits):
                    heard.append(answer)
                    if len(heard) == step + 1 and bits < answer.bits:
                        return Answer(answer.value & ((1 << bits) - 1), bits, None)
                    return answer

                rig.field.spoil = cut
                said = await rig.looks(1)
                cut_it = bits < heard[step].bits
                assert refs(said) == ([] if cut_it else [uid]), (uid, step, bits)
                assert rig.reader.counters["misreads"] == int(cut_it)


async def test_a_parity_error_in_the_first_answer_is_no_tap():
    for bit in range(16):
        rig = await started()
        rig.field.put(card("DEADBEEF"))
        rig.field.noise = lambda bits, bit=bit: 1 << bit if bits == 16 else 0
        assert await rig.looks(1) == []
        rig.field.noise = None
        assert refs(await rig.looks(1)) == ["DEADBEEF"]


async def test_one_bad_look_is_not_worth_a_word_and_three_end_the_visit():
    rig = await started()
    one = card("DEADBEEF")
    rig.field.put(one)
    assert len(await rig.looks(1)) == 1
    for _ in range(3):
        one.bad_bcc = True
        assert await rig.looks(2) == []
        one.bad_bcc = False
        assert await rig.looks(1) == []
    one.bad_bcc = True
    assert words(await rig.looks(3)) == ["bad-frame"]
    one.bad_bcc = False
    assert refs(await rig.looks(1)) == ["DEADBEEF"]


async def test_a_phone_that_stays_through_a_reset_is_one_tap():
    random.seed(7)
    rig = await started()
    rig.field.put(Card(b"\x08\x00\x00\x00", "phone", random_uid=random))
    assert len(refs(await rig.looks(3))) == 1
    rig.chip.brown_out()
    said = await rig.looks(40)
    assert (refs(said), words(said)) == ([], ["reader-reset"])


async def test_four_bits_that_say_no_are_not_a_copy():
    class Refusing(Card):
        def hear(self, value, bits):
            return (0x4, 4) if value in (0x40, 0x43) else super().hear(value, bits)

    rig = await started()
    rig.field.put(Refusing(bytes.fromhex("DEADBEEF")))
    (tap,) = await rig.looks(2)
    assert tap.flags == ()
