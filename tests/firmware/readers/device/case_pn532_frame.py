# PN532 frames and lists of cards: as published, in pieces, spoiled, and random bytes.

import random

from firmware.readers.pn532_frame import ABORT, ACK, BAD, DATA, ERROR, MORE, build, cards, parse

LIST_4 = "0000FF0CF4D54B010100040804DEADBEEF9600"
LIST_7 = "0000FF0FF1D54B01010044000704A1B2C3D4E5804000"


def built(text):
    room = bytearray(96)
    return bytes(room[: build(room, bytes.fromhex(text))]).hex().upper()


def parsed(text):
    raw = bytes.fromhex(text)
    kind, begin, end, _used = parse(raw, len(raw))
    return kind, raw[begin:end].hex().upper()


def test_frames_to_the_chip():
    assert built("02") == "0000FF02FED4022A00"
    assert built("14011401") == "0000FF05FBD4140114010200"
    assert built("3205FF01FF") == "0000FF06FAD43205FF01FFF600"
    assert built("4A0100") == "0000FF04FCD44A0100E100"


def test_frames_from_the_chip():
    assert parsed("0000FF06FAD50332010607E800") == (DATA, "0332010607")
    assert parsed("0000FF02FED5151600") == (DATA, "15")
    assert parsed("0000FF03FDD54B00E000") == (DATA, "4B00")
    assert parsed("0000FF00FF00") == (ACK, "")
    assert parsed("0000FFFF0000")[0] == BAD  # NACK
    assert parsed("0000FF01FF7F8100")[0] == ERROR
    assert cards(bytes.fromhex(LIST_4)[7:-2]) == [(bytes.fromhex("DEADBEEF"), bytes.fromhex("0100040804DEADBEEF"))]
    assert cards(bytes.fromhex(LIST_7)[7:-2])[0][0].hex().upper() == "04A1B2C3D4E580"


def test_a_frame_in_pieces_and_after_noise():
    raw = bytes.fromhex(LIST_7)
    for count in range(len(raw) - 1):
        assert parse(raw, count)[0] == MORE, count
    assert parse(raw, len(raw) - 1)[0] == DATA
    assert parse(b"\x13\x00\x77" + raw, len(raw) + 3)[0] == DATA


def test_one_flipped_bit_is_never_data():
    for text in (LIST_4, LIST_7, "0000FF03FDD54B00E000"):
        good = bytes.fromhex(text)
        body = good[5:-2]
        for bit in range(8, 8 * (len(good) - 1)):
            bad = bytearray(good)
            bad[bit >> 3] ^= 1 << (bit & 7)
            kind, begin, end, _used = parse(bad, len(bad))
            assert kind != DATA or bytes(bad[begin - 1 : end]) == body, (text, bit)


def test_random_bytes_do_no_harm_to_the_parsers():
    random.seed(5)
    kinds = set()
    for _ in range(15000):
        raw = bytearray([random.choice((0, 0xFF, 0xD5, random.getrandbits(8))) for _ in range(random.randint(0, 24))])
        kind, begin, end, used = parse(raw, len(raw))
        kinds.add(kind)
        assert 0 <= begin <= end <= used <= len(raw)
        found = cards(bytes(raw))
        if found:
            assert len(found) == raw[0]
            assert sum(len(part) for _uid, part in found) == len(raw) - 1
    assert {MORE, BAD, ACK} <= kinds


def test_lists_that_make_no_sense():
    good = bytes.fromhex(LIST_4)[7:-2]
    assert cards(b"") is None
    assert cards(b"\x00") == []
    for bad in (good[:-1], good + b"\x00", b"\x02" + good[1:], b"\x00" + good[1:], good[:1] + b"\x02" + good[2:]):
        assert cards(bad) is None, bad
    assert cards(good[:4] + b"\x20" + good[5:]) is None  # an ISO-DEP card without its ATS
    assert cards(good[:4] + b"\x20" + good[5:] + b"\x03\x01\x02") is not None


def test_abort_is_the_acknowledgement():
    assert bytes.fromhex("0000FF00FF00") == ABORT
