"""Live events: every known length, every unknown one, and codes that are no punch."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.drivers.zkteco import event
from gateway.drivers.zkteco.attlog import Row
from tests.drivers.zkteco import bytes_of

SIX = bytes_of.six(2026, 6, 1, 7, 29, 58)
WHEN = "2026-06-01T07:29:58"
KNOWN = {10, 12, 14, 32, 36, 37}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (bytes_of.event_10(7, SIX, 1, 3), Row(None, 7, WHEN, 1, 3)),
        (bytes_of.event_10(7, SIX, 2, 0, b"abcd"), Row(None, 7, WHEN, 2, 0)),
        (bytes_of.event_12(70_000, SIX, 1, 1), Row("70000", None, WHEN, 1, 1)),
        (bytes_of.event_32("0042", SIX, 15, 5), Row("0042", None, WHEN, 15, 5)),
        (bytes_of.event_32("AB12", SIX, 1, 0, b"work"), Row("AB12", None, WHEN, 1, 0)),
        (bytes_of.event_32("1042", SIX, 1, 0, bytes(5)), Row("1042", None, WHEN, 1, 0)),
        (bytes_of.event_32("1042", SIX, 1, 0, bytes(20)), Row("1042", None, WHEN, 1, 0)),
        (bytes_of.event_32("1042", SIX, 1, 0, b"x" * 60), Row("1042", None, WHEN, 1, 0)),
    ],
)
def test_each_length_of_a_punch(payload, expected):
    assert event.decode(1, payload) == expected


def test_the_capture_of_the_protocol_document():
    """rt:98-129: user 999111333, 25 June 2018, 17:41:05."""
    payload = b"999111333".ljust(24, b"\0") + bytes.fromhex("0100120619112905")
    assert event.decode(1, payload) == Row("999111333", None, "2018-06-25T17:41:05", 1, 0)


@pytest.mark.parametrize("size", sorted(set(range(52)) - KNOWN))
def test_an_unknown_length_is_never_a_punch(size):
    assert isinstance(event.decode(1, (b"1042" * 16)[:size]), event.Unreadable)


@pytest.mark.parametrize(
    "payload",
    [bytes_of.event_32("1042", bytes(6)), bytes_of.event_12(7, b"\x1a\x0d\x01\x00\x00\x00"), bytes_of.event_32("", SIX),
     bytes_of.event_12(0, SIX), bytes_of.event_12(0xFFFFFFFF, SIX), bytes_of.event_10(0, SIX)],
)  # fmt: skip
def test_a_punch_of_nobody_or_of_no_time(payload):
    assert isinstance(event.decode(1, payload), event.Unreadable)


def test_a_duress_alarm_of_twelve_bytes_is_not_a_punch():
    payload = bytes_of.event_12(70_000, SIX)
    assert isinstance(event.decode(1, payload), Row)
    assert event.decode(512, payload) == event.Alarm("duress-alarm", 70_000)


@pytest.mark.parametrize(
    ("payload", "word", "code"),
    [
        (struct.pack("<I", 0x37), "tamper-alarm", 0x37),
        (struct.pack("<I", 0x3A), "alarm", 0x3A),
        (struct.pack("<II", 54, 0), "alarm", 54),
        (b"", "alarm", None),
    ],
)
def test_alarms(payload, word, code):
    assert event.decode(512, payload) == event.Alarm(word, code)


@pytest.mark.parametrize("code", [4, 8])
def test_enrolment(code):
    assert event.decode(code, b"\0\0") == event.UsersChanged(code)


@given(st.integers(0, 0xFFFF), st.binary(max_size=120))
def test_any_event_is_answered_and_only_code_one_is_a_punch(code, payload):
    said = event.decode(code, payload)
    if isinstance(said, Row):
        assert code == 1
        assert len(payload) in KNOWN or len(payload) >= 52
        date, clock = said.local_time.split("T")
        parts = [int(part) for part in (*date.split("-"), *clock.split(":"))]
        assert bytes_of.six(*parts) in payload
