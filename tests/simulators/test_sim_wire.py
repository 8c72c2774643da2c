"""Framing, checksum, key and time of the simulated terminal, against vectors that others captured or measured."""

import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.zkteco import auth, clock, wire
from tests.simulators.rawterminal import frame_of, payload_of, wall, word_sum

CAPTURED = [
    "0b005a17f38d03005a4b4661636556657273696f6e00",  # a request with an even number of bytes
    "d007296af38d0a0009",  # a reply of the device with an odd number
]


@pytest.mark.parametrize("packet", CAPTURED)
def test_the_checksum_of_captured_packets_holds(packet: str) -> None:
    raw = bytes.fromhex(packet)
    assert wire.checksum(raw[:2] + b"\0\0" + raw[4:]) == int.from_bytes(raw[2:4], "little")
    decoded = wire.decode(raw)
    assert decoded.encode() == raw


@given(st.binary(min_size=8, max_size=200))
def test_the_checksum_is_the_sum_of_words(payload: bytes) -> None:
    assert wire.checksum(payload) == word_sum(payload)


@given(st.binary(max_size=64), st.integers(0, 7 + 64), st.integers(1, 255))
def test_one_changed_byte_is_noticed(data: bytes, place: int, flip: int) -> None:
    raw = bytearray(payload_of(11, 0x1234, 7, data))
    raw[place % len(raw)] ^= flip
    with pytest.raises(wire.BadPacket, match="checksum"):
        wire.decode(bytes(raw))


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(0, 400), max_size=12))
def test_a_stream_may_be_cut_anywhere(contents: list[bytes], cuts: list[int]) -> None:
    payloads = [payload_of(1000 + number, 1, number, data) for number, data in enumerate(contents)]
    stream = b"".join(map(frame_of, payloads))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = wire.TcpStream()
    got = [packet for start, end in itertools.pairwise(edges) for packet in reader.feed(stream[start:end])]
    assert got == payloads


@pytest.mark.parametrize("bad", [b"GET / HTTP/1.1\r\n", bytes.fromhex("5050827d00000100")])
def test_a_stream_without_framing_is_given_up(bad: bytes) -> None:
    with pytest.raises(wire.BadStream):
        wire.TcpStream().feed(bad)


def test_packets_too_short_for_a_header_are_bad() -> None:
    with pytest.raises(wire.BadPacket, match="7 bytes"):
        wire.decode(b"\0" * 7)


@pytest.mark.parametrize(
    ("key", "session", "answer"), [(0, 0x1234, "617d326b"), (1234, 0x1F2E, "41363266"), (1234, 0x1F99, "41363266")]
)
def test_the_key_is_scrambled_as_clients_do(key: int, session: int, answer: str) -> None:
    assert auth.scramble(key, session).hex() == answer
    assert auth.accepts(key, session, bytes.fromhex(answer))
    assert not auth.accepts(key + 1, session, bytes.fromhex(answer))


@pytest.mark.parametrize("answer", [b"", b"abc"])
def test_a_short_answer_opens_nothing(answer: bytes) -> None:
    assert not auth.accepts(0, 1, answer)


@given(st.datetimes(wall("2000-01-01T00:00:00"), wall("2099-12-31T23:59:59")))
def test_a_time_survives_its_u32(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert clock.moment(clock.stamp(whole)) == whole
    assert clock.text(clock.stamp(whole)) == whole.isoformat()


def test_a_u32_from_a_device_is_read_as_its_display_showed_it() -> None:
    assert clock.text(int.from_bytes(bytes.fromhex("a8eba71e"), "little")) == "2016-01-01T19:02:00"


def test_a_terminal_can_say_31_february() -> None:
    value = clock.stamp_of(2026, 2, 31, 8)
    assert clock.text(value) == "2026-02-31T08:00:00"
    with pytest.raises(ValueError, match="day is out of range"):
        clock.moment(value)


def test_the_clock_steps_and_drifts_beside_the_true_one() -> None:
    true = [wall("2026-05-04T07:00:00")]
    terminal = clock.TerminalClock(lambda: true[0])
    terminal.shift(3600)
    terminal.drift(100_000)
    true[0] = wall("2026-05-04T08:00:00")
    assert terminal.now() == wall("2026-05-04T09:06:00")
    terminal.set(wall("2000-01-01T00:00:00"))
    true[0] = wall("2026-05-04T08:00:10")
    assert terminal.now() == wall("2000-01-01T00:00:11")
