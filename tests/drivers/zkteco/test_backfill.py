"""A whole log into readings: ordinals, names, cursors, and where to go on."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.drivers.zkteco import backfill, place
from gateway.drivers.zkteco.attlog import LAYOUT_8A, LAYOUT_40, Row, Table
from gateway.drivers.zkteco.names import Names
from gateway.drivers.zkteco.ordinals import LiveKeys, LogOrdinals
from gateway.reading import Finding, Reading
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE


def table(*punches: tuple[str, int]) -> Table:
    return Table(LAYOUT_40, b"".join(bytes_of.row_40(who, JUNE + second) for who, second in punches))


def reports(log: Table, start: int = 0, names: Names | None = None) -> list[Reading | Finding]:
    return list(backfill.reports(log, start, serial="S1", names=names or Names(), cursor="end"))


# ordinals

PUNCHES = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 4)), max_size=30)


@given(PUNCHES, st.data())
def test_ordinals_count_the_same_person_and_second_from_the_first_record(punches, data):
    log = table(*punches)
    start = data.draw(st.integers(0, len(punches)))
    seen: Counter[tuple[str, int]] = Counter()
    expected = []
    for punch in punches:
        expected.append(seen[punch])
        seen[punch] += 1
    made = [report.ordinal for report in reports(log, start) if isinstance(report, Reading)]
    assert made == expected[start:]


def test_live_keys_are_told_apart_and_the_oldest_forgotten():
    row, other = Row("A", None, "t", 1, 0), Row("B", None, "t", 1, 0)
    live = LiveKeys()
    assert [live.add(row), live.add(row), live.add(other), live.add(row)] == [True, False, True, False]
    for number in range(5000):
        live.add(Row(str(number), None, "t", 1, 0))
    assert live.add(row)
    assert len(live._seen) <= 4096


def test_ordinals_may_be_asked_from_the_middle_on():
    log = table(("A", 0), ("A", 0), ("B", 0), ("A", 0))
    row = log.row(3)
    assert isinstance(row, Row)
    assert LogOrdinals(log).of(3, row) == 2


# readings


def test_a_reading_says_what_the_record_says():
    raw = bytes_of.row_40("0042", JUNE, 15, 1)
    (made,) = reports(Table(LAYOUT_40, raw))
    assert made == Reading(
        serial="S1",
        person="0042",
        local_time="2026-06-01T08:00:00",
        raw=raw,
        method="face",
        direction="out",
        origin="log",
        extra={"verify": 15, "state": 1, "id_source": "device"},
        cursor="end",
    )


def test_only_the_last_report_carries_the_cursor_even_if_bad_records_follow():
    log = Table(LAYOUT_40, table(("A", 0), ("B", 1)).data + bytes(40))
    made = reports(log)
    assert [type(report).__name__ for report in made] == ["Reading", "Finding", "Reading"]
    assert [getattr(report, "cursor", None) for report in made] == [None, None, "end"]


def test_bad_records_are_kept_with_their_bytes_and_told_apart():
    made = reports(Table(LAYOUT_40, bytes(40) * 2 + b"\xff" * 40))
    assert all(isinstance(report, Finding) and report.event == "record-unreadable" for report in made)
    assert [report.raw for report in made] == [bytes(40), bytes(40), b"\xff" * 40]
    assert len({report.key for report in made}) == 3
    assert [report.key for report in made] == [
        report.key for report in reports(Table(LAYOUT_40, bytes(40) * 2 + b"\xff" * 40))
    ]


def test_a_flood_of_bad_records_ends_in_a_number_before_the_last_punch():
    made = reports(Table(LAYOUT_40, table(("A", 0)).data + bytes(40) * 1500))
    assert len(made) == backfill.MAX_FINDINGS + 2
    assert made[-2].detail["count"] == 1500
    assert made[-1].cursor == "end"


# names


def log_8a(*uids: int) -> Table:
    return Table(LAYOUT_8A, b"".join(bytes_of.row_8a(uid, JUNE + 60 * n) for n, uid in enumerate(uids)))


def people(made: list[Reading | Finding]) -> list[tuple[str, object]]:
    return [(report.person, report.extra["id_source"]) for report in made if isinstance(report, Reading)]


def test_bare_numbers_get_names_and_say_where_from():
    names = Names()
    names.refresh({7: "1042"}, 2)
    assert people(reports(log_8a(7, 8), names=names)) == [("1042", "lookup"), ("uid-8", "unknown")]


def test_a_number_that_changed_hands_keeps_its_old_records_with_the_old_name():
    names = Names()
    names.refresh({7: "1042"}, 2)
    names.refresh({7: "2001"}, 3)
    assert [person for person, _ in people(reports(log_8a(7, 7, 7, 7), names=names))] == [
        "1042",
        "1042",
        "1042",
        "2001",
    ]
    assert names.resolve(7) == "2001"
    names.forget_places()
    assert names.resolve(7, 0) == "2001"


def test_a_user_who_was_deleted_keeps_the_name():
    names = Names()
    names.refresh({7: "1042"}, 2)
    names.refresh({}, 5)
    assert names.resolve(7, 9) == "1042"


# places

LOG = table(*((str(1000 + n), n) for n in range(40)))


def cut(start: int, end: int, more: int = 0) -> Table:
    extra = table(*((f"N{n}", 1000 + n) for n in range(more)))
    return Table(LAYOUT_40, LOG.data[start * 40 : end * 40] + extra.data)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (cut(0, 40), place.Resumption(40)),
        (cut(0, 40, more=3), place.Resumption(40)),
        (cut(5, 40, more=5), place.Resumption(35, "log-wrapped", 5)),
        (cut(32, 40, more=2), place.Resumption(8, "log-wrapped", 32)),
        (cut(0, 30), place.Resumption(0, "log-shrunk", 10)),
        (cut(0, 20, more=50), place.Resumption(0, "log-shrunk", 0)),
        (cut(0, 0), place.Resumption(0, "log-cleared", 40)),
        (cut(0, 0, more=3), place.Resumption(0, "log-cleared", 40)),
        (cut(0, 0, more=60), place.Resumption(0, "log-cleared", 40)),
        (Table(LAYOUT_8A, b""), place.Resumption(0, "log-cleared", 40)),
        (log_8a(1, 2, 3), place.Resumption(0)),
    ],
)
def test_what_became_of_a_log(now, expected):
    assert place.resume(place.at_end(LOG, "S1", ""), now) == expected


def test_a_ring_is_one_fact_a_month_and_a_loss_one_fact_each():
    here = place.at_end(LOG, "S1", "")
    first = place.evidence(here, place.Resumption(35, "log-wrapped", 5), cut(5, 40), full=True)
    later = place.evidence(
        place.at_end(cut(5, 40), "S1", ""), place.Resumption(35, "log-wrapped", 1), cut(6, 40), full=True
    )
    assert (first.event, first.key) == (later.event, later.key) == ("log-wrapped", "2026-06")
    lost = place.evidence(here, place.Resumption(35, "log-wrapped", 5), cut(5, 40), full=False)
    assert (lost.event, lost.detail) == ("log-shrunk", {"before": 40, "now": 35, "gone": 5})
    assert lost.key == here.all


def test_an_altered_record_shows():
    data = bytearray(LOG.data)
    data[20 * 40 + 27] ^= 1
    found = place.resume(place.at_end(LOG, "S1", ""), Table(LAYOUT_40, bytes(data)))
    assert (found.start, found.change) == (0, "log-shrunk")


def test_a_place_goes_through_its_cursor():
    here = place.at_end(LOG, "S1", "Ver 6.60")
    assert place.from_text(place.to_text(here)) == here


@given(st.text(max_size=80))
def test_any_other_cursor_is_no_place(text):
    assert place.from_text(text) is None
    assert place.from_text(None) is None


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 5))
def test_nothing_new_is_ever_passed_over(known, gone, more):
    """Whatever a ring overwrote, every record that was not there before is handed out."""
    before = place.at_end(cut(0, known), "S1", "")
    now = cut(min(gone, known), known, more)
    found = place.resume(before, now)
    new = {now.raw(index) for index in range(len(now))} - {LOG.raw(index) for index in range(known)}
    handed_out = {now.raw(index) for index in range(found.start, len(now))}
    assert new <= handed_out
