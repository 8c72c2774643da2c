"""Ranges that were asked for: never twice, never too soon, nothing forgotten."""

import itertools
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from contract.entry import parse
from contract.ranges import merged, without
from gateway.mqtt.publisher import Publisher
from gateway.mqtt.resends import MAX_RECENT, MAX_REPLAYS, Recent, Resends
from gateway.mqtt.state import Counters
from tests.mqtt.support import GATEWAY, SITE, open_log, punches, settings

ranges = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=8)


def numbers(found: list[tuple[int, int]]) -> set[int]:
    return {n for first, last in found for n in range(first, last + 1)}


@given(ranges)
def test_merged_says_the_same_in_order_and_without_touching(some: list[tuple[int, int]]) -> None:
    found = merged(some)
    assert numbers(found) == numbers(some)
    assert all(first <= last for first, last in found)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(found))


@given(ranges, ranges)
def test_without_takes_out_exactly_the_holes(some: list[tuple[int, int]], holes: list[tuple[int, int]]) -> None:
    found = without(merged(some), merged(holes))
    assert numbers(found) == numbers(some) - numbers(holes)
    assert found == merged(found)


def drain(resends: Resends, now: float, most: int = 20, blocked: tuple[int, ...] = ()) -> list[int]:
    taken: list[int] = []
    while (piece := resends.take(most, now, blocked)) is not None:
        assert piece[1] - piece[0] < most
        for sequence in range(piece[0], piece[1] + 1):
            resends.sent(sequence, now)
            taken.append(sequence)
    return taken


@given(ranges, ranges, st.sets(st.integers(1, 60), max_size=5), st.integers(1, 7))
def test_each_is_taken_once(
    missing: list[tuple[int, int]], replays: list[tuple[int, int]], blocked: set[int], most: int
) -> None:
    resends = Resends(5.0)
    resends.missing(missing)
    for first, last in replays:
        assert resends.replay(first, last)
    taken = drain(resends, 0.0, most, tuple(blocked))
    assert sorted(taken) == sorted((numbers(missing) | numbers(replays)) - blocked)
    assert drain(resends, 4.9, most) == []


def test_the_same_range_asked_again_waits_for_the_gap() -> None:
    resends = Resends(5.0)
    resends.missing([(3, 5)])
    assert drain(resends, 0.0) == [3, 4, 5]
    resends.missing([(3, 6)])
    assert drain(resends, 1.0) == [6]
    assert resends.waiting == 3
    assert drain(resends, 5.1) == [3, 4, 5]


def test_what_stays_missing_is_sent_ever_less_often() -> None:
    resends = Resends(5.0)
    sent = []
    for tenth in range(3000):
        now = tenth / 10
        resends.missing([(1, 30)])
        sent += [now] if 1 in drain(resends, now) else []
    pauses = [after - before for before, after in itertools.pairwise(sent)]
    assert pauses[:4] == pytest.approx([5, 10, 20, 40], abs=0.2)
    assert pauses[4:] == pytest.approx([40] * len(pauses[4:]), abs=0.2)


def test_what_was_not_sent_yet_does_not_wait_for_what_stays_missing() -> None:
    resends = Resends(5.0)
    for now in (0.0, 5.1, 15.2):
        resends.missing([(1, 30)])
        assert drain(resends, now) == list(range(1, 31))
    resends.missing([(1, 30), (40, 41)])
    assert drain(resends, 15.3) == [40, 41]
    assert resends.replay(50, 51)
    assert drain(resends, 15.4) == [50, 51]


@pytest.mark.parametrize("clear", [lambda resends: resends.missing([]), lambda resends: resends.hasten()])
def test_once_the_way_is_clear_the_gap_is_short_again(clear: Callable[[Resends], None]) -> None:
    resends = Resends(5.0)
    for now in (0.0, 5.1, 15.2):
        resends.missing([(1, 30)])
        assert drain(resends, now)
    clear(resends)
    resends.missing([(1, 30)])
    assert drain(resends, 20.3) == list(range(1, 31))


def test_the_newest_watermark_is_the_truth() -> None:
    resends = Resends(5.0)
    resends.missing([(1, 9)])
    resends.missing([(7, 8)])
    assert drain(resends, 0.0) == [7, 8]


def test_a_replay_survives_watermarks() -> None:
    resends = Resends(5.0)
    assert resends.replay(1, 2)
    resends.missing([])
    assert drain(resends, 0.0) == [1, 2]


def test_replays_are_bounded() -> None:
    resends = Resends(5.0)
    assert all(resends.replay(10 * n, 10 * n + 1) for n in range(1, MAX_REPLAYS + 1))
    assert not resends.replay(1, 2)
    assert resends.replay(10, 12)


def test_what_was_just_sent_for_the_first_time_is_not_sent_again_at_once() -> None:
    resends = Resends(5.0)
    for sequence in range(1, 101):
        resends.sent(sequence, 0.0)
    resends.missing([(1, 100)])
    assert drain(resends, 1.0) == []
    assert drain(resends, 5.1) == list(range(1, 101))


def test_memory_of_what_was_sent_is_bounded_and_a_stream_is_one_range() -> None:
    recent = Recent(5.0)
    for sequence in range(1, 10_000):
        recent.note(sequence, 0.0)
    assert recent.ranges(0.0) == [(1, 9_999)]
    for sequence in range(20_000, 40_000, 2):
        recent.note(sequence, 1.0)
    assert len(recent.ranges(1.0)) <= MAX_RECENT
    assert recent.ranges(7.0) == []


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 3)), max_size=60))
def test_recent_forgets_nothing_too_early(notes: list[tuple[int, float]]) -> None:
    recent, now, sent = Recent(5.0), 0.0, {}
    for sequence, pause in notes:
        now += pause
        recent.note(sequence, now)
        sent[sequence] = now
    # A range may be forgotten up to an eighth of the gap early for its last number, as it carries its first's time.
    surely = {sequence for sequence, at in sent.items() if now - at < 5.0 * 7 / 8}
    maybe = {sequence for sequence, at in sent.items() if now - at < 5.0}
    assert surely <= numbers(recent.ranges(now)) <= maybe


def test_a_new_connection_starts_with_the_short_gap(tmp_path: Path) -> None:
    """What the broker held for a slow centre may be gone with the connection."""
    log = open_log(tmp_path)
    log.append(punches(3))
    sent: list[int] = []

    def send(topic: str, payload: bytes, *, retain: bool, entry: bool) -> int:
        del topic, retain, entry
        sent.append(int(parse(payload)["sequence"]))
        return len(sent)

    publisher = Publisher(settings("mqtt://x", resend_gap=5.0), SITE, GATEWAY, log, Counters(), print)

    def missed_at(now: float) -> list[int]:
        """What goes out when the centre misses entries 2 and 3 at that time; all of it is acknowledged."""
        before = len(sent)
        publisher.missing(((2, 3),))
        publisher.pump(now)
        for mid in range(before + 1, len(sent) + 1):
            publisher.acknowledged(mid, 0, now)
        publisher.report()
        return sent[before:]

    publisher.begin(send, 20, 100_000)
    assert missed_at(0.0) == [1, 2, 3, 4]
    assert missed_at(5.1) == missed_at(10.2) == [2, 3]
    assert missed_at(15.3) == []
    publisher.end(15.4, None)
    publisher.begin(send, 20, 100_000)
    assert missed_at(15.5) == [2, 3]
    log.close()
