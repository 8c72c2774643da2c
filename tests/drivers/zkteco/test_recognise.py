"""Which layout a log is in: by size, number and plausibility, and never by hope."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.drivers.zkteco.attlog import LAYOUTS, Row, Table
from gateway.drivers.zkteco.recognise import recognise
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE, LEAD_IN

MAKERS = {
    "8a": lambda n: bytes_of.row_8a(1 + n, JUNE + 61 * n, n % 3, n % 6),
    "8b": lambda n: bytes_of.row_8b(1 + n, JUNE + 61 * n, n % 3, n % 6),
    "16": lambda n: bytes_of.row_16(1000 + n, JUNE + 61 * n, n % 3, n % 6),
    "40": lambda n: bytes_of.row_40(str(1000 + n), JUNE + 61 * n, n % 3, n % 6, number=n),
    "49": lambda n: bytes_of.row_49(str(1000 + n), JUNE + 61 * n, n % 3, n % 6, number=n),
}


def log(layout: str, count: int) -> bytes:
    return b"".join(MAKERS[layout](n) for n in range(count))


def people(table: Table) -> list[str | int | None]:
    rows = [table.row(index) for index in range(len(table))]
    return [row.uid if row.person is None else row.person for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize("layout", MAKERS)
@pytest.mark.parametrize("count", [1, 2, 9, 1000])
def test_each_layout_by_its_number_of_records(layout, count):
    table = recognise(log(layout, count), [count])
    assert isinstance(table, Table)
    assert (table.layout.name, len(table), len(people(table))) == (layout, count, count)


@pytest.mark.parametrize("layout", MAKERS)
@pytest.mark.parametrize("count", [1, 2, 9, 45, 1000])
def test_each_layout_where_the_terminal_does_not_count(layout, count):
    table = recognise(log(layout, count), None)
    if layout.startswith("8") and count < 9 and isinstance(table, str):
        return  # two records of 8 bytes may read like one of 16: then nothing is decoded
    assert isinstance(table, Table)
    assert (table.layout.name, len(table)) == (layout, count)


def test_the_layout_found_before_decides_between_equals():
    body = log("8b", 2)
    assert isinstance(recognise(body, None), str)
    table = recognise(body, None, prefer="8b")
    assert isinstance(table, Table)
    assert table.layout.name == "8b"


@pytest.mark.parametrize("count", [1, 9, 40, 49, 200])
@pytest.mark.parametrize("told", [True, False])
def test_a_lead_in_before_each_record(count, told):
    body = b"".join(LEAD_IN + MAKERS["40"](n) for n in range(count))
    table = recognise(body, [count] if told else None)
    assert isinstance(table, Table)
    assert people(table) == [str(1000 + n) for n in range(count)]


@pytest.mark.parametrize("told", [True, False])
def test_one_lead_in_before_all_records(told):
    table = recognise(LEAD_IN + log("40", 12), [12] if told else None)
    assert isinstance(table, Table)
    assert people(table) == [str(1000 + n) for n in range(12)]


def test_a_lead_in_between_records_is_the_tail_of_layout_49():
    body = b"".join(MAKERS["40"](n) + LEAD_IN for n in range(12))
    table = recognise(body, [12])
    assert isinstance(table, Table)
    assert (table.layout.name, people(table)) == ("49", [str(1000 + n) for n in range(12)])


def test_a_user_whose_record_begins_like_a_lead_in():
    """Number 13055 and user id 55 are the bytes FF 32 35 35 00 …"""
    body = bytes_of.row_40("55", JUNE, number=0x32FF) + log("40", 3)
    assert body.startswith(LEAD_IN)
    table = recognise(body, [4])
    assert isinstance(table, Table)
    assert people(table) == ["55", "1000", "1001", "1002"]


def test_nine_records_told_and_ten_handed_over_are_never_garbage():
    """pyzk: one right record of nine (facts §2.3)."""
    table = recognise(log("40", 10), [9])
    assert isinstance(table, Table)
    assert people(table) == [str(1000 + n) for n in range(10)]
    assert not isinstance(recognise(log("40", 10)[:-7], [9]), Table)


@pytest.mark.parametrize("layout", ["8a", "8b"])
def test_the_two_layouts_of_eight_bytes_after_a_clock_reset(layout):
    """All records say 2000: no year to go by, only the codes."""
    maker = bytes_of.row_8a if layout == "8a" else bytes_of.row_8b
    body = b"".join(maker(1 + n, 600 + 61 * n) for n in range(5))
    table = recognise(body, [5])
    assert isinstance(table, Table)
    assert table.layout.name == layout


@pytest.mark.parametrize("sound", [0, 10, 60])
@pytest.mark.parametrize("layout", ["8a", "8b", "16", "40", "49"])
def test_weeks_with_a_reset_clock_where_the_terminal_does_not_count(layout, sound):
    """Most of the log lies in 2000; layouts without text are believed since they were this terminal's before."""
    reset = {
        "8a": lambda n: bytes_of.row_8a(1 + n, 61 * n),
        "8b": lambda n: bytes_of.row_8b(1 + n, 61 * n),
        "16": lambda n: bytes_of.row_16(1000 + n, 61 * n),
        "40": lambda n: bytes_of.row_40(str(1000 + n), 61 * n),
        "49": lambda n: bytes_of.row_49(str(1000 + n), 61 * n),
    }[layout]
    body = log(layout, sound) + b"".join(reset(n) for n in range(sound, 100))
    table = recognise(body, None, prefer=None if layout in ("40", "49") else layout)
    assert isinstance(table, Table)
    assert (table.layout.name, len(table), len(people(table))) == (layout, 100, 100)


def test_lead_ins_after_a_clock_reset():
    """Read as layout 49 every record would be of user 55."""
    body = b"".join(LEAD_IN + bytes_of.row_40(str(1000 + n), 600 + n) for n in range(5))
    table = recognise(body, [5])
    assert isinstance(table, Table)
    assert people(table) == [str(1000 + n) for n in range(5)]


def test_short_records_among_long_ones_stay_unread():
    body = log("8b", 8) + bytes_of.row_8b(9, 77, long=False)
    table = recognise(body, [9])
    assert isinstance(table, Table)
    assert table.layout.name == "8b"
    assert [table.row(index) for index in range(9)][-1] == "a short record, without a year"


def test_eight_bytes_that_are_neither():
    assert isinstance(recognise(b"\x01\x00\x99\x99\x99\x99\x99\x99" * 4, [4]), str)


def test_a_number_that_fits_another_layout_does_not_win_over_sense():
    """40 records of 49 bytes, and the terminal tells 49: exactly 40 bytes each, but senseless."""
    table = recognise(log("49", 40), [49])
    assert isinstance(table, Table)
    assert (table.layout.name, len(table)) == ("49", 40)


def test_a_record_that_cannot_be_read_does_not_spoil_the_others():
    body = log("40", 3) + bytes(40) + log("40", 2)
    table = recognise(body, [6])
    assert isinstance(table, Table)
    assert len(people(table)) == 5


def test_an_empty_log():
    for counts in ([0], None):
        table = recognise(b"", counts)
        assert isinstance(table, Table)
        assert len(table) == 0


def test_nothing_is_no_log_where_records_were_told():
    """Over UDP an answer whose first packets are lost looks like an empty one; that is no cleared log."""
    assert recognise(b"", [60]) == "nothing came where 60 records were told"


@pytest.mark.parametrize("counts", [[3], [2, 3], None])
def test_a_refusal_is_one_line_with_the_numbers(counts):
    said = recognise(b"\xa5" * 77, counts)
    assert isinstance(said, str)
    assert "77 bytes" in said
    assert "\n" not in said


@settings(max_examples=300)
@given(st.data())
def test_any_bytes_and_any_number_end_well_and_add_no_punch(data):
    layout = data.draw(st.sampled_from(LAYOUTS))
    count = data.draw(st.integers(0, 40))
    good = log(layout.name, count)
    noise = data.draw(st.binary(max_size=120))
    at = data.draw(st.integers(0, len(good)))
    body = data.draw(
        st.sampled_from([good[:at] + noise + good[at:], noise, good[:at], LEAD_IN * 2 + good, noise + LEAD_IN])
    )
    counts = data.draw(st.one_of(st.none(), st.sets(st.integers(0, 60), min_size=1, max_size=3)))
    found = recognise(body, counts)
    if isinstance(found, Table):
        assert len(found.data) == len(found) * found.layout.size
        for index in range(len(found)):
            assert found.raw(index) in body
