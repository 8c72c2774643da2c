"""One record in each layout: the facts' vectors, fields one by one, and any bytes at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.drivers.zkteco import attlog
from gateway.drivers.zkteco.attlog import Row, Table
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE

WHEN = "2026-06-01T08:00:00"


def row(layout: attlog.Layout, raw: bytes) -> Row | str:
    return Table(layout, raw).row(0)


def test_layout_8b_decodes_the_row_of_issue_99():
    raw = bytes.fromhex("07002800a8eba71e")
    assert row(attlog.LAYOUT_8B, raw) == Row(None, 7, "2016-01-01T19:02:00", 1, 0)


@pytest.mark.parametrize(
    ("layout", "raw", "expected"),
    [
        (attlog.LAYOUT_8A, bytes_of.row_8a(7, JUNE, 2, 1), Row(None, 7, WHEN, 2, 1)),
        (attlog.LAYOUT_8B, bytes_of.row_8b(300, JUNE, 2, 5), Row(None, 300, WHEN, 2, 5)),
        (attlog.LAYOUT_16, bytes_of.row_16(70_000, JUNE, 1, 4, 9), Row("70000", None, WHEN, 1, 4, 9)),
        (attlog.LAYOUT_40, bytes_of.row_40("007", JUNE, 15, 255), Row("007", None, WHEN, 15, 255)),
        (attlog.LAYOUT_40, bytes_of.row_40("AB-12", JUNE), Row("AB-12", None, WHEN, 1, 0)),
        (attlog.LAYOUT_49, bytes_of.row_49("1042", JUNE, 25, 3), Row("1042", None, WHEN, 25, 3)),
        (attlog.LAYOUT_40, bytes_of.row_40("9" * 24, JUNE), Row("9" * 24, None, WHEN, 1, 0)),
        (attlog.LAYOUT_40, bytes_of.row_40(b"12\0old", JUNE), Row("12", None, WHEN, 1, 0)),
    ],
)
def test_each_layout(layout, raw, expected):
    assert row(layout, raw) == expected


@pytest.mark.parametrize(
    ("layout", "raw", "reason"),
    [
        (attlog.LAYOUT_8A, bytes_of.row_8a(0, JUNE), "user"),
        (attlog.LAYOUT_8A, bytes_of.row_8a(0xFFFF, JUNE), "user"),
        (attlog.LAYOUT_8A, bytes_of.row_8a(7, 0xFFFFFFFF), "2099"),
        (attlog.LAYOUT_8B, bytes_of.row_8b(7, 60, long=False), "short record"),
        (attlog.LAYOUT_8B, bytes.fromhex("07002801a8eba71e"), "not known"),
        (attlog.LAYOUT_8B, bytes.fromhex("07006800a8eba71e"), "not known"),
        (attlog.LAYOUT_16, bytes(16), "user"),
        (attlog.LAYOUT_16, b"\xff" * 16, "user"),
        (attlog.LAYOUT_40, bytes(40), "user"),
        (attlog.LAYOUT_40, b"\xff" * 40, "user"),
        (attlog.LAYOUT_40, bytes_of.row_40("  ", JUNE), "user"),
        (attlog.LAYOUT_40, bytes_of.row_40("1\n2", JUNE), "user"),
        (attlog.LAYOUT_40, bytes_of.row_40("1042", 100 * 372 * 86400), "2099"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_guessed(layout, raw, reason):
    said = row(layout, raw)
    assert isinstance(said, str)
    assert reason in said


@given(st.sampled_from(attlog.LAYOUTS), st.data())
def test_any_bytes_are_a_row_that_says_what_they_say_or_a_reason(layout, data):
    raw = data.draw(st.binary(min_size=layout.size, max_size=layout.size))
    said = row(layout, raw)
    if isinstance(said, str):
        return
    assert (said.person is None) == (said.uid is not None) == (not layout.has_person)
    encoders = {
        "8a": lambda: bytes_of.row_8a(said.uid, time_of(said), said.verify, said.state),
        "8b": lambda: bytes_of.row_8b(said.uid, time_of(said), said.verify, said.state),
        "16": lambda: bytes_of.row_16(int(said.person), time_of(said), said.verify, said.state, said.work_code),
    }
    if layout.name == "16":
        raw = raw[:10] + b"\0\0" + raw[12:]
    if layout.name in encoders:
        assert encoders[layout.name]() == raw
    else:
        name = said.person.encode()
        assert raw[2:26].startswith(name)
        assert raw[2 + len(name) : 26][:1] in (b"", b"\0")
        assert (raw[26], raw[31], int.from_bytes(raw[27:31], "little")) == (said.verify, said.state, time_of(said))


def time_of(said: Row) -> int:
    date, clock = said.local_time.split("T")
    return bytes_of.packed(*(int(part) for part in (*date.split("-"), *clock.split(":"))))
