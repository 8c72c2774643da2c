# R307: packets as published, whom the sensor knows and whom not, late and spoiled answers, restarts.

import asyncio
import random

from reader_rig import Finger, refs, words

from firmware.readers.r307_packet import ACK, BAD, MORE, build, parse

ANY = b"\xff\xff\xff\xff"
HEAD = "EF01FFFFFFFF"
FOUND = HEAD + "0700070000050078008B"
SLOTS = {"budi": "5", "siti": "17", "agus": "140"}


async def started(**options):
    rig = Finger(**options)
    await rig.reader.start()
    assert rig.reader.alive, rig.reader.why
    return rig


# A finger on the glass for so many looks, then lifted; what was said.
async def press(rig, finger, looks=2, messy=False):
    rig.chip.press(finger, messy=messy)
    said = await rig.looks(looks)
    rig.chip.lift()
    return said + await rig.looks(3)


def built(text):
    return build(ANY, bytes.fromhex(text)).hex().upper()


def parsed(text):
    raw = bytes.fromhex(text)
    kind, end = parse(raw, len(raw), ANY)
    return kind, raw[9:end].hex().upper() if kind == ACK else ""


def test_packets_to_the_sensor():
    assert built("1300000000") == HEAD + "01000713" + "00000000" + "001B"
    assert built("01") == HEAD + "010003010005"
    assert built("0201") == HEAD + "01000402010008"
    assert built("0401000000A2") == HEAD + "010008" + "0401000000A2" + "00B0"
    assert built("1D") == HEAD + "0100031D0021"
    assert built("0F") == HEAD + "0100030F0013"


def test_packets_from_the_sensor():
    assert parsed(HEAD + "07000300000A") == (ACK, "00")
    assert parsed(HEAD + "07000302000C") == (ACK, "02")
    assert parsed(FOUND) == (ACK, "0000050078")
    assert parsed(HEAD + "07000709000000000017") == (ACK, "0900000000")
    assert parsed(HEAD + "070005000003000F") == (ACK, "000003")
    parameters = "000000000000A20003FFFFFFFF00020006"
    assert parsed(HEAD + "070013" + parameters + "04C3") == (ACK, parameters)


def test_a_packet_in_pieces_of_another_kind_or_address():
    raw = bytes.fromhex(FOUND)
    for count in range(len(raw)):
        assert parse(raw, count, ANY)[0] == MORE
    assert parse(raw, len(raw), b"\xff\xff\xff\xfe")[0] == BAD
    for kind in (0x00, 0x01, 0x02, 0x08):
        body = bytes((kind, 0x00, 0x07)) + raw[9:-2]
        whole = raw[:6] + body + bytes((0, sum(body)))
        assert parse(whole, len(whole), ANY)[0] == BAD
    assert parsed("55")[0] == BAD


def test_one_flipped_bit_is_never_an_answer():
    good = bytes.fromhex(FOUND)
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit >> 3] ^= 1 << (bit & 7)
        assert parse(bad, len(bad), ANY)[0] != ACK, bit


def test_random_bytes_are_never_an_answer():
    random.seed(9)
    for _ in range(15000):
        raw = bytearray(bytes.fromhex(HEAD)[: random.randint(0, 6)])
        raw += bytes([random.choice((0, 7, random.getrandbits(8))) for _ in range(random.randint(0, 20))])
        kind, end = parse(raw, len(raw), ANY)
        if kind == ACK:
            assert sum(raw[6:end]) & 0xFFFF == raw[end] << 8 | raw[end + 1]


async def test_known_fingers_are_their_slot():
    rig = await started()
    assert (rig.reader.capacity, rig.reader.templates) == (162, 3)
    for finger, slot in SLOTS.items():
        (tap,) = await press(rig, finger, looks=6)
        assert (tap.method, tap.scheme, tap.ref, tap.flags) == ("finger", "pin", slot, ())
        if finger == "budi":
            assert tap.raw.hex().upper() == FOUND
    assert rig.reader.counters["taps"] == 3
    assert rig.reader.counters["misreads"] == 0
    assert not rig.chip.abuse, rig.chip.abuse


async def test_the_whole_of_a_larger_sensor_is_searched():
    rig = await started(capacity=1000)
    rig.chip.slots[987] = "tini"
    assert refs(await press(rig, "tini")) == ["987"]
    assert not rig.chip.abuse


async def test_unknown_and_unreadable_fingers_are_said_once():
    rig = await started()
    said = await press(rig, "orang asing", looks=10)
    assert (refs(said), words(said)) == ([], ["unknown-finger"])
    said = await press(rig, "budi", looks=10, messy=True)
    assert (refs(said), words(said)) == ([], ["bad-frame"])
    assert refs(await press(rig, "budi")) == ["5"]


async def test_a_finger_that_is_lifted_at_any_moment():
    for moment in range(0, 700, 25):
        rig = await started()
        rig.chip.press("budi")
        task = rig.later(moment, rig.chip.lift)
        assert set(refs(await rig.looks(4))) <= {"5"}
        await task


async def test_an_answer_that_comes_too_late_is_nobodys_tap():
    for late_ms in (900, 1500, 2500, 4000, 8000):
        for command in (0x01, 0x02, 0x04):
            rig = await started()
            rig.chip.press("budi")
            rig.chip.late[command] = late_ms * 1000
            said = await rig.looks(1)
            rig.chip.press("siti")
            said += await rig.looks(6)
            assert refs(said) in (["17"], ["5"]), (late_ms, command, said)
            if refs(said) == ["5"]:
                assert late_ms < 3000  # it was waited for
            assert rig.reader.counters["misreads"] <= (2 if late_ms < 3000 else 8), (late_ms, command)
            assert late_ms > 3000 or not rig.reader.counters["soft-resets"], (late_ms, command)
            rig.chip.lift()
            await rig.looks(4)
            assert refs(await press(rig, "agus", looks=5)) == ["140"], (late_ms, command)


async def test_stale_bytes_are_not_read_as_an_answer():
    rig = await started()
    stale = (bytes.fromhex(FOUND), bytes.fromhex(HEAD + "07000300000A"), b"\x00", b"\x55", bytes(30))
    for raw in stale:
        for _ in range(4):
            rig.uart.send(raw)
            assert refs(await rig.looks(1)) == []
    # They come just when an answer is waited for.
    for raw in stale:
        for after_ms in (5, 60, 130):
            rig.uart.send(raw, after_ms * 1000)
            assert refs(await rig.looks(2)) == [], (raw, after_ms)
    rig.chip.press("siti")
    for raw in stale:
        for after_ms in range(10, 600, 60):
            rig.uart.send(raw, after_ms * 1000)
            assert set(refs(await rig.looks(2))) <= {"17"}, (raw, after_ms)


async def test_noise_on_the_line_is_no_false_tap():
    random.seed(13)
    rig = await started()

    def spoil(data):
        if random.getrandbits(3):
            return data
        at = random.randint(0, len(data) - 1)
        kind = random.getrandbits(2)
        if kind == 0:
            return data[:at] + data[at + 1 :]
        if kind == 1:
            return data[:at] + bytes((random.getrandbits(8),)) + data[at:]
        return data[:at] + bytes((data[at] ^ 1 << random.randint(0, 7),)) + data[at + 1 :]

    rig.uart.mangle = spoil
    seen = 0
    for _ in range(150):
        finger = random.choice(("budi", "siti", "agus", "orang asing"))
        said = refs(await press(rig, finger, looks=3))
        assert set(said) <= {SLOTS.get(finger)}, (finger, said)
        seen += len(said)
    assert seen > 60
    assert rig.reader.counters["misreads"] > 30
    assert rig.reader.counters["dead"] < 5


async def test_a_restart_of_the_sensor_heals_and_is_not_a_tap():
    for moment in range(0, 600, 40):
        rig = await started()
        rig.chip.press("budi")
        task = rig.later(moment, rig.chip.restart)
        said = await rig.looks(8)
        await task
        assert refs(said) == ["5"], (moment, said)


async def test_a_mute_sensor_is_switched_off_and_on_and_else_said_to_be_dead():
    rig = await started()
    rig.chip.mute = "power"
    assert words(await rig.until_said(20)) == ["reader-reset"]
    assert (rig.reader.counters["hard-resets"], rig.reader.counters["dead"]) == (1, 0)
    assert refs(await press(rig, "budi")) == ["5"]
    for power in (True, False):
        rig = await started(power=power)
        rig.chip.mute = "none"
        assert words(await rig.looks(60, 500)) == ["reader-dead"]
        rig.chip.mute = ""
        assert words(await rig.until_said(130, 500)) == ["reader-back"]
        assert refs(await press(rig, "siti")) == ["17"]


async def test_password():
    rig = Finger(password=b"\x00\x00\x12\x34")
    rig.chip.password = b"\x00\x00\x12\x34"
    rig.chip.restart()
    await rig.reader.start()
    assert rig.reader.alive
    assert refs(await press(rig, "budi")) == ["5"]
    rig.chip.restart()
    rig.chip.press("siti")
    assert refs(await rig.looks(6)) == ["17"]
    rig = Finger()
    rig.chip.password = b"\x00\x00\x12\x34"
    rig.chip.restart()
    await rig.reader.start()
    (dead,) = await rig.looks(5, 1000)
    assert (dead.word, dead.detail) == ("reader-dead", "password refused")


async def test_a_line_that_is_never_quiet_is_a_dead_reader():
    rig = await started()
    rig.uart.before_read = lambda: rig.uart.send(b"\x00" * 3) if rig.clock.us() % 3 else None
    said = await rig.until_said(10)
    assert words(said) == ["reader-dead"]
    assert said[0].detail


async def test_three_old_answers_in_a_row_are_not_a_finger():
    ok = bytes.fromhex(HEAD + "07000300000A")
    rig = await started()
    for pause_ms in (0, 40, 100, 150):
        for _ in range(3):
            rig.uart.send(ok + ok + bytes.fromhex(FOUND))
            await asyncio.sleep_ms(pause_ms)
            assert refs(await rig.looks(2)) == [], pause_ms


async def test_a_slot_that_the_sensor_does_not_have_is_no_tap():
    rig = await started()
    rig.chip._handlers[0x04] = lambda body: b"\x00\x00\xa2\x00\x78"
    said = await press(rig, "budi", looks=5)
    assert (refs(said), words(said)) == ([], ["unknown-finger"])


async def test_a_finger_that_is_missed_for_a_moment_is_still_there():
    rig = await started()
    rig.chip.press("budi")
    assert refs(await rig.looks(3)) == ["5"]
    for _ in range(4):
        rig.chip.lift()
        assert await rig.looks(1) == []
        rig.chip.press("budi")
        assert await rig.looks(1) == []
