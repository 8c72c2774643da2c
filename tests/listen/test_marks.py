"""Late, replayed, unsynced: what a listener says of an entry, and how little it needs to remember for it."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.listen.arrival import read
from central.listen.marks import LATE, REPLAYED, UNSYNCED, Marker, moment, seconds_late
from contract.entry import parse
from tests.listen.chain import NOON, Chain


@pytest.mark.parametrize(
    ("time", "recorded", "late"),
    [
        (NOON, "2026-03-02T12:01:00+07:00", False),
        (NOON, "2026-03-02T12:01:01+07:00", True),
        (NOON, "2026-03-02T05:00:30Z", False),
        (NOON, "2026-03-02T05:02:00Z", True),
        ("2026-03-02T12:10:00+07:00", NOON, False),
        (NOON, "2026-04-02T12:00:00+07:00", True),
        ("2026-02-31T12:00:00+07:00", NOON, False),
    ],
)
def test_late_is_more_than_a_minute_between_punch_and_record(time: str, recorded: str, late: bool) -> None:
    marks = Marker().marks(parse(Chain().punch(time=time, recorded=recorded)))
    assert (LATE in marks) is late


@pytest.mark.parametrize(
    ("time", "clock", "unsynced"),
    [
        (NOON, "synced", False),
        (NOON, "holdover", True),
        (NOON, "unset", True),
        (None, "synced", True),
        (None, "unset", True),
        ("2026-02-31T12:00:00+07:00", "synced", True),
    ],
)
def test_unsynced_is_a_time_nobody_vouches_for(time: str | None, clock: str, unsynced: bool) -> None:
    assert Marker().marks(parse(Chain().punch(time=time, clock=clock))) == ((UNSYNCED,) if unsynced else ())


def test_a_punch_without_a_word_about_its_clock_is_unsynced() -> None:
    event = parse(Chain().punch())
    event["data"] = {"clock": "synced"}
    assert Marker().marks(event) == (UNSYNCED,)


def test_an_audit_entry_has_no_clock_to_be_unsynced() -> None:
    assert Marker().marks(parse(Chain().audit())) == ()


def test_the_same_entry_again_is_replayed() -> None:
    marker, chain = Marker(), Chain()
    event = parse(chain.punch())
    assert [marker.marks(event), marker.marks(event)] == [(), (REPLAYED,)]


def test_a_sequence_not_above_the_highest_of_its_log_is_replayed() -> None:
    marker, chain, other = Marker(), Chain(), Chain(epoch="11111111")
    for _ in range(3):
        chain.punch()
    assert marker.marks(parse(chain.raws[2])) == ()
    assert marker.marks(parse(chain.raws[0])) == (REPLAYED,)
    assert marker.marks(parse(other.punch(id="else"))) == ()


def test_the_same_fact_in_another_log_is_replayed() -> None:
    marker, chain, renewed = Marker(), Chain(), Chain(epoch="11111111")
    assert marker.marks(parse(chain.punch(id="a"))) == ()
    assert marker.marks(parse(renewed.punch(id="a"))) == (REPLAYED,)
    assert marker.marks(parse(renewed.punch(id="a", device="pintu-belakang"))) == ()


def test_remembers_only_so_many_the_least_recent_going_first() -> None:
    marker, chains = Marker(logs=2, facts=3), [Chain(epoch=f"e{number}") for number in range(3)]
    for number, chain in enumerate(chains):
        assert marker.marks(parse(chain.punch(id=f"fact-{number}"))) == ()
    assert marker.marks(parse(chains[2].raws[0])) == (REPLAYED,)
    # Its log is forgotten, but not yet the fact.
    assert marker.marks(parse(chains[0].raws[0])) == (REPLAYED,)
    for number in range(3):
        assert marker.marks(parse(chains[0].punch(id=f"more-{number}"))) == ()
    assert marker.marks(parse(chains[1].raws[0])) == ()


def test_what_is_seen_again_is_remembered_longer() -> None:
    marker, chain = Marker(facts=2), Chain()
    events = [parse(Chain(epoch=f"e{number}").punch(id=f"fact-{number}")) for number in range(3)]
    for number in (0, 1, 0, 2):
        marker.marks(events[number])
    assert marker.marks(parse(chain.punch(id="fact-0"))) == (REPLAYED,)
    assert marker.marks(parse(chain.punch(id="fact-1"))) == ()


def test_memory_does_not_grow_beyond_its_limit() -> None:
    marker, chain = Marker(logs=10, facts=100), Chain()
    for _ in range(1000):
        marker.marks(parse(chain.punch()))
        chain.raws[:] = [b""] * len(chain.raws)
    held = sys.getsizeof(marker._facts) + sys.getsizeof(marker._highest)
    assert (len(marker._facts), len(marker._highest)) == (100, 1)
    assert held < 100_000


def test_seconds_late_needs_two_times() -> None:
    assert seconds_late({"time": NOON, "recordedtime": "2026-03-02T12:00:10.5+07:00"}) == 10.5
    assert seconds_late({"recordedtime": NOON}) is None
    assert seconds_late({"time": "12:00", "recordedtime": NOON}) is None


@given(st.text(max_size=40))
def test_any_text_is_a_moment_with_offset_or_none(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is not None


@given(
    st.dictionaries(
        st.sampled_from(("time", "recordedtime", "subject", "data", "id", "source")),
        st.none() | st.integers() | st.text(max_size=8) | st.dictionaries(st.text(max_size=5), st.integers()),
    )
)
def test_whatever_passes_the_contract_gets_marks_and_never_an_error(strange: dict[str, object]) -> None:
    event = {**json.loads(Chain().punch()), **strange}
    arrival = read("ketuk/v1/kec-pampangan/gw1/log/punch", json.dumps(event).encode())
    if not arrival.error:
        assert set(Marker().marks(arrival.event)) <= {LATE, UNSYNCED}
