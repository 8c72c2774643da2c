"""Stamping: identities, times and names."""

import hashlib
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import audit, topics
from contract.chain import GENESIS
from contract.entry import parse
from gateway.entries import Draft
from gateway.fitness import MAX_RAW, quarantined, unfit
from gateway.log.chain import ChainEnd, chained
from gateway.punch import ClockFacts, Place, evidence, identity, stamp
from gateway.reading import Finding, Reading
from tests.schemas import check_entry

JAKARTA = ZoneInfo("Asia/Jakarta")
PLACE = Place("kec-pampangan", "pintu-depan", JAKARTA)
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=JAKARTA)
SYNCED = ClockFacts("synced", 0.5, NOW)
READING = Reading("ABC123", "1042", "2026-11-24T07:28:41", b"\x01\x02", method="finger", direction="in", origin="live")


def entry_of(draft: Draft) -> dict[str, object]:
    raw, _ = chained(draft, "gw1.7f3a9c2e", ChainEnd(0, GENESIS), "2026-11-24T08:00:00.000+07:00")
    return parse(raw)


def test_a_punch_has_the_devices_words_and_the_sites_zone() -> None:
    event = entry_of(stamp(READING, PLACE, SYNCED))
    assert event["type"] == "ketuk.punch.v1"
    assert event["source"] == "/kec-pampangan/pintu-depan"
    assert event["subject"] == "pin:1042"
    assert event["time"] == "2026-11-24T07:28:41+07:00"
    assert event["data"] == {
        "method": "finger",
        "direction": "in",
        "origin": "live",
        "clock": {"state": "synced", "offset_s": 0.5},
        "device": {"serial": "ABC123", "time": "2026-11-24T07:28:41"},
        "raw": "0102",
    }


def test_the_identity_is_what_the_contract_says() -> None:
    facts = b"ABC123\npin:1042\n2026-11-24T07:28:41\n0"
    assert identity(READING) == hashlib.sha256(facts).hexdigest()[:32]


def test_a_name_that_was_looked_up_is_told_and_is_no_part_of_the_identity() -> None:
    """An old terminal's log names a slot of its user list; somebody else has the slot when the log is read again."""
    first, later = (replace(READING, person=person, known_as="uid-7") for person in ("1042", "2001"))
    assert stamp(first, PLACE, SYNCED).subject == "pin:1042"
    assert identity(first) == identity(later) != identity(READING)
    assert identity(replace(first, known_as="uid-8")) != identity(first)


def test_live_backfill_and_push_of_one_punch_agree_though_the_device_words_it_otherwise() -> None:
    from_log = replace(READING, origin="log", method="card", direction="out", raw=b"other", cursor="x")
    assert stamp(from_log, PLACE, SYNCED).id == stamp(READING, PLACE, ClockFacts("unset")).id


@pytest.mark.parametrize(
    "other",
    [
        replace(READING, serial="ABC124"),
        replace(READING, person="1043"),
        replace(READING, scheme="card"),
        replace(READING, local_time="2026-11-24T07:28:42"),
        replace(READING, ordinal=1),
    ],
)
def test_two_punches_differ(other: Reading) -> None:
    assert identity(other) != identity(READING)


@pytest.mark.parametrize(
    ("local_time", "why"),
    [
        ("2026-02-31T07:00:00", "no such date"),
        ("2000-01-01T00:00:00", "before any device of ours"),
        ("2083-05-01T07:00:00", "in the future"),
        ("2026-11-24T08:02:02", "in the future"),
        ("", "no such date"),
    ],
)
def test_a_time_that_cannot_be_true_is_kept_as_evidence(local_time: str, why: str) -> None:
    reading = replace(READING, local_time=local_time)
    event = entry_of(stamp(reading, PLACE, SYNCED))
    assert event["type"] == "ketuk.audit.v1"
    data = event["data"]
    assert isinstance(data, dict)
    assert data["event"] == "record-implausible"
    assert data["raw"] == "0102"
    assert data["detail"]["why"] == why
    assert "time" not in event


def test_a_known_offset_explains_a_time_ahead_of_ours() -> None:
    ahead = replace(READING, local_time="2026-11-24T09:00:00")
    assert stamp(ahead, PLACE, ClockFacts("holdover", 3600.0, NOW)).kind == "punch"
    assert stamp(ahead, PLACE, ClockFacts("holdover", 0.0, NOW)).kind == "audit"


def test_no_offset_explains_a_year_far_ahead() -> None:
    far = replace(READING, local_time="2083-05-01T07:00:00")
    fifty_seven_years = 57 * 365 * 86400.0
    assert stamp(far, PLACE, ClockFacts("holdover", fifty_seven_years, NOW)).kind == "audit"


@pytest.mark.parametrize("offset", [-3600.0, -8e8, -1e11])
def test_a_clock_that_is_behind_now_makes_nothing_of_the_past_implausible(offset: float) -> None:
    """A terminal that lost its clock: what it recorded before that is as good as it was."""
    yesterday = replace(READING, local_time="2026-11-23T07:30:00", origin="log")
    just_now = replace(READING, local_time="2026-11-24T07:59:59", origin="log")
    for reading in (yesterday, just_now):
        assert stamp(reading, PLACE, ClockFacts("holdover", offset, NOW)).kind == "punch"


@pytest.mark.parametrize("offset", [1e11, -1e11, 0.0])
def test_the_ends_of_the_calendar(offset: float) -> None:
    for local_time in ("9999-12-31T23:59:59", "0001-01-01T00:00:00"):
        assert stamp(replace(READING, local_time=local_time), PLACE, ClockFacts("synced", offset, NOW)).kind == "audit"


@pytest.mark.parametrize(
    "local_time",
    [
        "2026-11-24T07:00:00+07:00",
        "2026-11-24T07:00:00Z",
        "2026-11-24",
        "20261124T070000",
        "2026-W48-2T07:00:00",
        "2026-11-24 07:00:00",
        "2026-11-24T07:00:00.5",
        "٢٠٢٦-11-24T07:00:00",
        "2026-11-24T07:00:00" + " " * 100_000,
    ],
)
def test_a_time_of_another_form_is_not_guessed_at(local_time: str) -> None:
    event = entry_of(stamp(replace(READING, local_time=local_time), PLACE, SYNCED))
    assert event["type"] == "ketuk.audit.v1"
    assert event["data"]["detail"]["why"] == "no such date"  # type: ignore[index]


def test_a_cards_number_is_written_in_capitals() -> None:
    card = replace(READING, scheme="card", person="04a1b2c3")
    assert entry_of(stamp(card, PLACE, SYNCED))["subject"] == "card:04A1B2C3"
    assert identity(card) == identity(replace(card, person="04A1B2C3"))


def test_without_a_trusted_clock_nobody_can_tell_the_future() -> None:
    ahead = replace(READING, local_time="2027-01-01T00:00:00")
    assert stamp(ahead, PLACE, ClockFacts("unset")).kind == "punch"


def test_quarantine_and_punch_know_of_each_other() -> None:
    ahead = replace(READING, local_time="2026-11-24T09:00:00")
    held, later = stamp(ahead, PLACE, SYNCED), stamp(ahead, PLACE, ClockFacts("synced", 0.5, NOW.replace(hour=10)))
    assert held.unless == later.id
    assert later.unless == held.id


def test_a_finding_with_a_key_is_one_fact_however_often_it_is_found() -> None:
    finding = Finding("record-unreadable", "ABC123", {"layout": 40}, raw=b"\xff" * 40, key="row 7")
    assert evidence(finding, PLACE).id == evidence(replace(finding, detail={}), PLACE).id
    assert evidence(replace(finding, key="row 8"), PLACE).id != evidence(finding, PLACE).id
    assert evidence(replace(finding, key=None), PLACE).id is None
    assert entry_of(evidence(finding, PLACE))["data"] == audit.data(
        "record-unreadable", {"layout": 40}, serial="ABC123", raw=b"\xff" * 40
    )


@given(
    person=st.text(max_size=300),
    serial=st.text(max_size=300),
    local_time=st.one_of(st.text(max_size=30), st.datetimes().map(lambda d: d.isoformat(timespec="seconds"))),
    raw=st.binary(max_size=MAX_RAW * 2),
)
def test_whatever_a_device_says_is_stamped_or_unfit(person: str, serial: str, local_time: str, raw: bytes) -> None:
    reading = Reading(serial, person, local_time, raw)
    why = unfit(reading)
    draft = stamp(reading, PLACE, SYNCED) if why is None else quarantined(reading, why, PLACE.source)
    raw_entry, _ = chained(draft, "gw1.7f3a9c2e", ChainEnd(0, GENESIS), "2026-11-24T08:00:00.000+07:00")
    check_entry(raw_entry, topics.log(PLACE.site, "gw1", draft.kind))
    assert (why is None) == (1 <= len(person) <= 64 and not any(c < " " or c == "\x7f" for c in person))


def test_lone_surrogates_do_not_reach_the_wire() -> None:
    event = entry_of(stamp(replace(READING, person="10\ud80042"), PLACE, SYNCED))
    assert event["subject"] == "pin:10?42"
    assert event["id"] != identity(replace(READING, person="10?42"))
