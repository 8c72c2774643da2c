"""Framing: any split, any glueing, any junk; captured packets and the documents' checksum."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.drivers.zkteco import commkey, frames
from tests.drivers.zkteco import bytes_of

PACKETS = st.lists(
    st.tuples(st.integers(1, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=80)),
    max_size=8,
)


@given(PACKETS, st.data())
def test_any_split_gives_the_same_frames(packets, data):
    stream = b"".join(bytes_of.top(bytes_of.packet(*packet)) for packet in packets)
    reader, found = frames.FrameReader(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert [(frame.command, frame.session, frame.reply, frame.data) for frame in found] == packets
    assert (reader.skipped, reader.refused) == (0, 0)


@given(PACKETS, PACKETS, st.binary(max_size=40).filter(lambda junk: b"P" not in junk), st.integers(1, 30))
def test_junk_between_frames_is_counted_and_passed_over(before, after, junk, size):
    stream = b"".join(bytes_of.top(bytes_of.packet(*packet)) for packet in before)
    stream += junk + b"".join(bytes_of.top(bytes_of.packet(*packet)) for packet in after)
    reader, found = frames.FrameReader(), []
    for at in range(0, len(stream), size):
        found += reader.feed(stream[at : at + size])
    assert len(found) == len(before) + len(after)
    if after:
        assert reader.skipped == len(junk)


def test_a_damaged_frame_is_refused_and_the_next_is_found():
    good = bytes_of.top(bytes_of.packet(2000, 7, 1, b"hello"))
    bad = good[:-1] + b"!"
    reader = frames.FrameReader()
    found = reader.feed(bad + good)
    assert [frame.data for frame in found] == [b"hello"]
    assert (reader.refused, reader.skipped) == (1, len(bad))


def test_a_frame_that_announces_more_than_any_terminal_sends_is_junk():
    good = bytes_of.top(bytes_of.packet(2000, 7, 1))
    reader = frames.FrameReader()
    found = reader.feed(bytes.fromhex("5050827d") + struct.pack("<I", frames.MAX_PACKET + 1) + good)
    assert (len(found), reader.refused) == (1, 1)


def test_the_reader_holds_no_more_than_a_packet():
    reader = frames.FrameReader()
    for _ in range(300):
        assert reader.feed(b"\xa5" * 1000) == []
    assert len(reader._buffer) < 4
    assert reader.skipped >= 299_997


@given(st.binary(max_size=300))
def test_any_bytes_end_well(data):
    reader = frames.FrameReader()
    for frame in reader.feed(data):
        assert frame.packet in data
    assert frames.parse(data) is None or len(data) >= 8


@given(st.integers(1, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=200))
def test_our_packets_carry_the_checksum_of_the_documents(command, session, reply, data):
    made = frames.packet(command, session, reply, data)
    assert made == bytes_of.packet(command, session, reply, data)
    assert frames.parse(made) == frames.Frame(command, session, reply, made)


@given(st.binary(min_size=8, max_size=60), st.integers(0, 59), st.integers(1, 255))
def test_one_changed_byte_is_noticed(data, at, change):
    made = bytearray(frames.packet(1501, 3, 4, data))
    made[at % len(made)] ^= change
    assert frames.parse(bytes(made)) is None


@pytest.mark.parametrize(
    ("key", "session", "answer"), [(0, 0x1234, "617d326b"), (1234, 0x1F2E, "41363266"), (1234, 0x1F99, "41363266")]
)
def test_the_comm_key(key, session, answer):
    assert commkey.answer(key, session).hex() == answer


@given(st.integers(0, 999_999), st.integers(0, 0xFFFF))
def test_the_comm_key_is_pyzks_where_pyzk_does_not_overflow(key, session):
    from zk.base import make_commkey

    try:
        expected = make_commkey(key, session)
    except struct.error:
        assert key & 0xFFFF == 0xFFFF
        return
    assert commkey.answer(key, session) == expected


def test_a_comm_key_on_which_pyzk_overflows():
    assert len(commkey.answer(131_071, 0xFFFF)) == 4
    assert commkey.answer(131_071, 0xFFFF) != commkey.answer(65_535, 0xFFFF)
