"""The packed wall clock, against days that exist and days that do not."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.drivers.zkteco import packed_time
from tests.drivers.zkteco.bytes_of import packed


def test_every_day_of_a_century_goes_there_and_back():
    day = date(2000, 1, 1)
    seen = set()
    while day < date(2100, 1, 1):
        for hour, minute, second in ((0, 0, 0), (23, 59, 59), (7, 30, 1)):
            text = f"{day.isoformat()}T{hour:02}:{minute:02}:{second:02}"
            value = packed_time.pack(text)
            assert value == packed(day.year, day.month, day.day, hour, minute, second)
            assert packed_time.unpack(value) == text
            seen.add(value)
        day += timedelta(days=1)
    assert len(seen) == 36525 * 3


@given(st.integers(0, packed_time.BEYOND - 1))
def test_every_value_is_a_time_and_every_time_its_value(value):
    assert packed_time.pack(packed_time.unpack(value)) == value


@given(st.integers(packed_time.BEYOND, 2**32 - 1))
def test_beyond_the_century_is_told_apart(value):
    assert packed_time.unpack(value) >= "2100"


def test_the_thirty_first_of_february_survives_as_text():
    value = packed(2026, 2, 31, 7, 5, 9)
    assert packed_time.unpack(value) == "2026-02-31T07:05:09"
    assert packed_time.pack("2026-02-31T07:05:09") == value


def test_the_row_of_issue_99():
    assert packed_time.unpack(int.from_bytes(bytes.fromhex("a8eba71e"), "little")) == "2016-01-01T19:02:00"


def test_the_end_of_june_2026_where_other_code_is_a_day_off():
    assert packed_time.unpack(packed(2026, 6, 30)) == "2026-06-30T08:00:00"


@pytest.mark.parametrize(
    "text",
    ["1999-12-31T00:00:00", "2100-01-01T00:00:00", "2026-13-01T00:00:00", "2026-00-01T00:00:00", "2026-01-32T00:00:00",
     "2026-01-01T24:00:00", "2026-01-01T00:60:00", "2026-01-01 00:00:00", "2026-01-01T00:00:00Z", "",
     "２０２６-01-01T00:00:00"],
)  # fmt: skip
def test_what_a_terminal_cannot_hold_is_refused(text):
    with pytest.raises(ValueError, match="no"):
        packed_time.pack(text)


def test_six_bytes_of_a_live_event():
    assert packed_time.from_six(bytes.fromhex("120619112905")) == "2018-06-25T17:41:05"


@given(st.binary(min_size=6, max_size=6))
def test_any_six_bytes_are_that_time_or_none(raw):
    text = packed_time.from_six(raw)
    year, month, day, hour, minute, second = raw
    fits = year < 100 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60
    assert text == (f"{2000 + year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}" if fits else None)
