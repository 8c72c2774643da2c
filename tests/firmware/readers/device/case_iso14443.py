# ISO 14443-3 without a chip: published vectors, every UID length, and bytes that are no UID.

import random

from firmware.readers.iso14443 import DONE, GOES_ON, HLTA, REFUSED, Cascade, crc_a
from firmware.readers.tap import is_random, plausible


def sent(frame):
    return bytes(frame).hex().upper()


def with_crc(text):
    data = bytes.fromhex(text)
    crc = crc_a(data, len(data))
    return data + bytes((crc & 0xFF, crc >> 8))


def part(text):
    data = bytes.fromhex(text)
    return data + bytes((data[0] ^ data[1] ^ data[2] ^ data[3],))


# Runs a whole cascade: parts of four bytes, SAKs of one.
def run(parts, saks):
    cascade, outcome = Cascade(), REFUSED
    cascade.begin()
    for level in range(len(parts)):
        if not cascade.part(part(parts[level]), 5):
            return REFUSED, b""
        outcome = cascade.sak(with_crc(saks[level]), 3)
        if outcome != GOES_ON:
            break
    return outcome, cascade.uid()


def test_crc_of_the_standard_and_of_known_frames():
    vectors = {"0000": "A01E", "1234": "26CF", "5000": "57CD", "08": "B6DD", "18": "37CD", "00": "FE51", "04": "DA17"}
    vectors["20"], vectors["24"] = "FC70", "D836"
    for data, crc in vectors.items():
        assert sent(with_crc(data)) == data + crc, data
    assert with_crc("5000") == HLTA


def test_four_bytes():
    cascade = Cascade()
    cascade.begin()
    assert sent(cascade.anticollision) == "9320"
    assert cascade.part(bytes.fromhex("DEADBEEF22"), 5)
    assert sent(cascade.select) == "9370DEADBEEF22B99C"
    assert cascade.sak(bytes.fromhex("08B6DD"), 3) == DONE
    assert sent(cascade.uid()) == "DEADBEEF"


def test_seven_bytes():
    cascade = Cascade()
    cascade.begin()
    assert cascade.part(bytes.fromhex("8804A1B29F"), 5)
    assert sent(cascade.select) == "93708804A1B29FAE4B"
    assert cascade.sak(bytes.fromhex("04DA17"), 3) == GOES_ON
    assert cascade.uid() == b""
    assert sent(cascade.anticollision) == "9520"
    assert cascade.part(bytes.fromhex("C3D4E58072"), 5)
    assert sent(cascade.select) == "9570C3D4E580723BB1"
    assert cascade.sak(bytes.fromhex("00FE51"), 3) == DONE
    assert sent(cascade.uid()) == "04A1B2C3D4E580"


def test_ten_bytes():
    outcome, uid = run(("88041122", "88334455", "66778899"), ("04", "04", "00"))
    assert (outcome, sent(uid)) == (DONE, "04112233445566778899")


def test_sak_with_more_bits_than_the_cascade_bit():
    assert run(("8804A1B2", "C3D4E580"), ("24", "20")) == (DONE, bytes.fromhex("04A1B2C3D4E580"))
    assert run(("8804A1B2", "C3D4E580"), ("FF", "FB")) == (DONE, bytes.fromhex("04A1B2C3D4E580"))


def test_the_cascade_tag_and_the_cascade_bit_must_agree():
    assert run(("88041122",), ("08",)) == (REFUSED, b"")
    assert run(("DEADBEEF",), ("04",)) == (REFUSED, b"")
    assert run(("88041122", "88334455"), ("04", "00"))[0] == REFUSED
    assert run(("88041122", "88334455", "88667788"), ("04", "04", "04"))[0] == REFUSED


def test_one_flipped_bit_anywhere_is_refused():
    good = bytes.fromhex("DEADBEEF22")
    for bit in range(40):
        bad = bytearray(good)
        bad[bit >> 3] ^= 1 << (bit & 7)
        cascade = Cascade()
        cascade.begin()
        assert not cascade.part(bad, 5), bit
    for bit in range(24):
        sak = bytearray(b"\x08\xb6\xdd")
        sak[bit >> 3] ^= 1 << (bit & 7)
        cascade.begin()
        cascade.part(good, 5)
        assert cascade.sak(sak, 3) == REFUSED, bit


def test_a_part_may_not_be_missing_short_or_long():
    cascade = Cascade()
    cascade.begin()
    assert cascade.sak(b"\x08\xb6\xdd", 3) == REFUSED  # nothing was selected
    for length in (0, 1, 4, 6):
        assert not cascade.part(bytes.fromhex("DEADBEEF220000"), length)
    assert cascade.part(bytes.fromhex("DEADBEEF22"), 5)
    for length in (0, 1, 2, 4):
        assert cascade.sak(b"\x08\xb6\xdd\x00", length) == REFUSED
        assert cascade.part(bytes.fromhex("DEADBEEF22"), 5)
    assert cascade.sak(b"\x08\xb6\xdd", 3) == DONE
    assert not cascade.part(bytes.fromhex("DEADBEEF22"), 5)  # there is no fourth level


def test_random_bytes_are_never_a_uid():
    random.seed(1)
    cascade = Cascade()
    parts = done = 0
    for _ in range(20000):
        cascade.begin()
        answer = bytearray([random.getrandbits(8) for _ in range(5)])
        length = random.randint(0, 5)
        if cascade.part(answer, length):
            parts += 1
            assert length == 5
            assert answer[0] ^ answer[1] ^ answer[2] ^ answer[3] == answer[4]
            reply = bytearray([random.getrandbits(8) for _ in range(3)])
            done += cascade.sak(reply, 3) != REFUSED
    assert parts
    assert not done


def test_what_a_uid_can_be():
    assert plausible(b"\xde\xad\xbe\xef")
    assert plausible(bytes(7))
    assert plausible(bytes(10))
    assert not plausible(b"\x88\x04\xa1\xb2")
    for length in (0, 1, 3, 5, 6, 8, 9, 11):
        assert not plausible(bytes(length))
    assert is_random(b"\x08\x01\x02\x03")
    assert not is_random(b"\x08\x01\x02\x03\x04\x05\x06")
    assert not is_random(b"\x04\x01\x02\x08")
