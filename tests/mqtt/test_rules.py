"""Entries set aside, suspicion, the watermark that stands still, the back-off: rules without a clock of their own."""

import itertools
import random

import hypothesis.strategies as st
from hypothesis import given

from gateway.mqtt.backoff import Backoff
from gateway.mqtt.setaside import CONVICT_AFTER, LIMIT, SUSPECT_AFTER, SetAside, Suspicion
from gateway.mqtt.standstill import LONGEST, Standstill


def test_the_mark_stays_below_an_entry_that_was_never_published() -> None:
    aside = SetAside(600.0)
    assert aside.ceiling(50) == 50
    assert aside.add(20, "too large", 0.0, unpublished=True)
    assert not aside.add(20, "too large", 1.0, unpublished=False)
    assert aside.ceiling(50) == 19
    assert aside.add(10, "hangs up", 0.0, unpublished=False)
    assert aside.ceiling(50) == 19
    assert aside.reasons == ((10, "hangs up"), (20, "too large"))
    assert aside.taken(20)
    assert not aside.taken(20)
    assert aside.ceiling(50) == 50


def test_an_entry_is_offered_again_when_its_time_has_come() -> None:
    aside = SetAside(600.0)
    aside.add(7, "x", 0.0, unpublished=True)
    assert aside.due(599.0) is None
    assert aside.due(600.0) == 7
    aside.offered(7, 600.0)
    assert aside.due(601.0) is None
    assert aside.due(1200.0) == 7


def test_what_the_centre_holds_is_no_longer_set_aside() -> None:
    aside = SetAside(600.0)
    for sequence in (3, 4, 5):
        aside.add(sequence, "x", 0.0, unpublished=True)
    aside.held_elsewhere(4)
    assert list(aside) == [5]
    assert aside.ceiling(9) == 4


def test_set_aside_is_bounded() -> None:
    aside = SetAside(600.0)
    for sequence in range(LIMIT):
        assert not aside.full
        aside.add(sequence, "x", 0.0, unpublished=True)
    assert aside.full


def test_the_entry_over_which_the_broker_hangs_up_is_found_alone() -> None:
    suspicion = Suspicion()
    for _ in range(SUSPECT_AFTER):
        assert not suspicion.one_at_a_time
        assert suspicion.hung_up(5, 20) is None
    for attempt in range(CONVICT_AFTER):
        assert suspicion.one_at_a_time
        assert suspicion.hung_up(5, 1) == (5 if attempt == CONVICT_AFTER - 1 else None)
    assert not suspicion.one_at_a_time


def test_progress_or_another_entry_clears_the_suspicion() -> None:
    suspicion = Suspicion()
    suspicion.hung_up(5, 20)
    suspicion.hung_up(5, 20)
    suspicion.progress()
    assert not suspicion.one_at_a_time
    suspicion.hung_up(5, 20)
    suspicion.hung_up(6, 20)
    assert not suspicion.one_at_a_time
    assert suspicion.hung_up(None, 0) is None


def test_others_on_their_way_prove_nothing() -> None:
    suspicion = Suspicion()
    assert all(suspicion.hung_up(5, 2) is None for _ in range(50))


def still(stand: Standstill, now: float, **changes: object) -> bool:
    facts = {"writable": True, "drained": True, "published": 9, "confirmed": 5} | changes
    return stand.due(now, **facts)  # type: ignore[arg-type]


def test_a_watermark_that_stands_still_is_noticed_once_its_time_is_over() -> None:
    stand = Standstill(60.0)
    assert not still(stand, 0.0)
    assert not still(stand, 59.0)
    assert still(stand, 60.0)
    assert not still(stand, 61.0)


def test_each_try_that_changes_nothing_doubles_the_wait_up_to_an_hour() -> None:
    stand = Standstill(60.0)
    fired = [now for now in range(0, 8 * 3600, 10) if still(stand, float(now))]
    waits = [after - before for before, after in itertools.pairwise(fired)]
    assert waits == sorted(waits)
    assert waits[0] < 180
    assert max(waits) <= LONGEST + 20
    assert len(fired) < 14


def test_a_watermark_that_moves_starts_afresh() -> None:
    stand = Standstill(60.0)
    assert not still(stand, 0.0)
    assert not still(stand, 50.0, confirmed=6)
    assert not still(stand, 105.0, confirmed=6)
    assert still(stand, 110.0, confirmed=6)


def test_nothing_is_sent_again_without_a_reason() -> None:
    for changes in ({"writable": False}, {"drained": False}, {"published": 5}):
        stand = Standstill(60.0)
        assert not any(still(stand, now, **changes) for now in (0.0, 100.0, 1000.0))
        assert not still(stand, 1001.0)
        assert still(stand, 1061.0)


@given(st.integers(), st.floats(0.01, 5), st.floats(1, 20), st.lists(st.floats(0, 40), max_size=40))
def test_backoff_stays_within_its_bounds(seed: int, least: float, factor: float, lives: list[float]) -> None:
    backoff = Backoff(least, least * factor, 30.0, random.Random(seed))
    before = least
    for lived in lives:
        wait = backoff.after(lived)
        assert least <= wait <= min(least * factor, 3 * (least if lived >= 30.0 else before))
        before = wait


def test_two_gateways_do_not_wait_alike() -> None:
    one, other = Backoff(1.0, 60.0, 30.0), Backoff(1.0, 60.0, 30.0)
    assert [one.after(0.0) for _ in range(10)] != [other.after(0.0) for _ in range(10)]


def mean_of_the_last(lived: float) -> float:
    """Of twelve waits, over fifty gateways."""
    last = []
    for seed in range(50):
        backoff = Backoff(1.0, 60.0, 30.0, random.Random(seed))
        last.append([backoff.after(lived) for _ in range(12)][-1])
    return sum(last) / len(last)


def test_backoff_grows_until_a_connection_held_for_a_while() -> None:
    """A CONNACK alone is no reason to come back at once: a broker that refuses us gives one each time."""
    assert mean_of_the_last(0.0) > 10
    assert mean_of_the_last(29.9) > 10
    assert mean_of_the_last(30.0) < 3
