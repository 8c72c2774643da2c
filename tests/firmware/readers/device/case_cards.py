# The simulated cards themselves: the standard's state machine, bit for bit.

from reader_rig import UIDS, card

from simulators.chips.activation import find_cards
from simulators.chips.cards import ACTIVE, HALT, IDLE, READY, crc_a, frame
from simulators.chips.clock import VirtualClock
from simulators.chips.field import Field

REQA = (0x26, 7)
WUPA = (0x52, 7)
HLTA = frame(bytes.fromhex("500057CD"))


def powered(uid, **how):
    one = card(uid, **how)
    one.power(on=True)
    return one


def hear(one, text):
    heard = one.hear(*frame(bytes.fromhex(text)))
    return None if heard is None else heard[0].to_bytes(heard[1] // 8, "little").hex().upper()


def select(one):
    one.hear(*WUPA)
    for level, part in enumerate(one.parts()):
        command = bytes((0x93 + 2 * level, 0x70)) + part + bytes((part[0] ^ part[1] ^ part[2] ^ part[3],))
        one.hear(*frame(command + crc_a(command)))


def test_published_conversation():
    one = powered("DEADBEEF")
    assert one.hear(*REQA) == (0x0004, 16)
    assert hear(one, "9320") == "DEADBEEF22"
    assert hear(one, "9370DEADBEEF22B99C") == "08B6DD"
    assert one.state == ACTIVE
    one = powered("04A1B2C3D4E580")
    assert one.hear(*REQA) == (0x0044, 16)
    assert hear(one, "9320") == "8804A1B29F"
    assert hear(one, "93708804A1B29FAE4B") == "04DA17"
    assert hear(one, "9520") == "C3D4E58072"
    assert hear(one, "9570C3D4E580723BB1") == "00FE51"


def test_a_card_that_hears_something_unexpected_goes_to_sleep_without_a_word():
    for unexpected in ("9320", "9420", "3000", "9370DEADBEEF22B99D", "937000000000000000", "26"):
        one = powered("DEADBEEF")
        assert hear(one, unexpected) is None
        assert one.state == IDLE
        one.hear(*REQA)
        if unexpected != "9320":
            assert hear(one, unexpected) is None
            assert one.state == IDLE, unexpected
    one = powered("DEADBEEF")
    select(one)
    assert one.state == ACTIVE
    assert one.hear(*WUPA) is None
    assert one.state == IDLE
    assert one.hear(*WUPA) is not None
    assert one.hear(*WUPA) is None
    assert one.state == IDLE


def test_halt_is_left_by_wupa_only_and_returned_to():
    one = powered("DEADBEEF")
    select(one)
    assert one.hear(*HLTA) is None
    assert one.state == HALT
    assert one.hear(*REQA) is None
    assert one.state == HALT
    assert one.hear(*WUPA) is not None
    assert one.state == READY
    assert one.hear(*WUPA) is None
    assert one.state == HALT
    one.power(on=True)
    assert one.state == IDLE


def test_anticollision_with_known_bits():
    one = powered("DEADBEEF")
    one.hear(*REQA)
    whole = int.from_bytes(bytes.fromhex("DEADBEEF22"), "little")
    for known in range(40):
        nvb = (2 + known // 8) << 4 | known % 8
        given = whole & ((1 << known) - 1)
        assert one.hear(0x93 | nvb << 8 | given << 16, 16 + known) == (whole >> known, 40 - known), known
    assert one.hear(0x93 | 0x21 << 8 | 1 << 16, 17) is None
    assert one.state == IDLE


def test_two_cards_collide_where_they_first_differ():
    clock = VirtualClock()
    field = Field(clock)
    field.put(card("DEADBEEF"))
    field.put(card("DEAD3EEF"))
    field.power(on=True)
    clock.spend(6000)
    assert field.exchange(*REQA).collision is None
    assert field.exchange(*frame(b"\x93\x20")).collision == 23
    field.take(field.cards[1])
    assert field.exchange(*frame(b"\x93\x20")).collision is None


def test_field_guard_time_and_forgetting():
    clock = VirtualClock()
    field = Field(clock)
    one = card("DEADBEEF")
    field.put(one)
    assert field.exchange(*REQA) is None
    field.power(on=True)
    clock.spend(4000)
    assert field.exchange(*REQA) is None
    clock.spend(1000)
    assert field.exchange(*REQA) is not None
    assert one.state == READY
    field.power(on=False)
    clock.spend(1000)
    field.power(on=True)
    assert one.state == READY
    clock.spend(6000)
    field.power(on=False)
    clock.spend(5000)
    field.power(on=True)
    assert one.state == IDLE


def test_bitwise_resolution_finds_both_of_two_cards():
    clock = VirtualClock()
    field = Field(clock)
    field.power(on=True)
    clock.spend(6000)
    for pair in (UIDS[:2], UIDS[1:], ("DEADBEEF", "DEAD3EEF"), ("04A1B2C3D4E580", "04A1B2C3D4E581")):
        for uid in pair:
            field.put(card(uid))
        assert sorted(found[2].hex().upper() for found in find_cards(field, 2)) == sorted(pair)
        field.clear()


def test_backdoor_of_a_copy_and_of_nobody_else():
    one = powered("DEADBEEF", magic=True)
    select(one)
    one.hear(*HLTA)
    assert one.hear(0x43, 8) is None
    assert one.hear(0x40, 7) == (0xA, 4)
    assert one.hear(0x43, 8) == (0xA, 4)
    assert one.hear(*WUPA) is not None
    one = powered("DEADBEEF")
    assert one.hear(0x40, 7) is None
    assert one.state == IDLE


def test_a_uid_that_cannot_be():
    for uid in ("88AABBCC", "DEADBE", ""):
        try:
            card(uid)
            raise AssertionError(uid)
        except ValueError:
            pass
