"""The window against a plain model, and its rule for PUBACKs that do not come."""

import hypothesis.strategies as st
from hypothesis import given, settings

from gateway.mqtt.window import Window

steps = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.integers(1, 3)),
        st.tuples(st.just("again"), st.integers(0, 3)),
        st.tuples(st.just("other"), st.just(0)),
        st.tuples(st.just("ack"), st.integers(0, 20)),
        st.tuples(st.just("drop"), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 60)),
    ),
    max_size=60,
)


@settings(max_examples=400)
@given(steps=steps, size=st.integers(1, 8))
def test_mark_is_below_every_new_entry_without_a_puback(steps: list[tuple[str, int]], size: int) -> None:
    window, mid = Window(0, size), 0
    flying: dict[int, tuple[str, int]] = {}
    unacked: set[int] = set()
    highest = 0
    for what, number in steps:
        if what in ("new", "again", "other") and window.room > 0:
            mid += 1
            sequence = highest + number if what == "new" else max(1, highest - number)
            window.add(mid, None if what == "other" else sequence, 0.0, new=what == "new")
            flying[mid] = (what, sequence)
            if what == "new":
                highest = sequence
                unacked.add(sequence)
        elif what == "ack" and flying:
            chosen = sorted(flying)[number % len(flying)]
            kind, sequence = flying.pop(chosen)
            window.acked(chosen, 0.0)
            if kind == "new":
                unacked.discard(sequence)
        elif what == "drop":
            window.dropped()
            highest = min(unacked, default=highest + 1) - 1
            flying, unacked = {}, set()
        elif what == "move":
            window.move(number)
            highest, unacked = number, set()
        assert window.settled == (min(unacked) - 1 if unacked else highest)
        assert window.flying == len(flying) <= size
        assert set(window.entries) == {sequence for kind, sequence in flying.values() if kind != "other"}


def test_pubacks_out_of_order_move_the_mark_once_the_first_is_there() -> None:
    window = Window(10, 5)
    for mid in (1, 2, 3):
        window.add(mid, 10 + mid, 0.0, new=True)
    window.acked(2, 1.0)
    window.acked(3, 1.0)
    assert window.settled == 10
    window.acked(1, 1.0)
    assert window.settled == 13


def test_a_hole_in_the_numbers_does_not_stop_the_mark() -> None:
    window = Window(0, 5)
    window.add(1, 1, 0.0, new=True)
    window.add(2, 7, 0.0, new=True)
    window.acked(1, 0.0)
    assert window.settled == 6
    window.acked(2, 0.0)
    assert window.settled == 7


def test_what_was_moved_past_still_takes_its_place() -> None:
    window = Window(0, 2)
    window.add(1, 1, 0.0, new=True)
    window.move(100)
    assert (window.settled, window.room) == (100, 1)
    window.acked(1, 0.0)
    assert (window.settled, window.room) == (100, 2)


def test_nothing_is_overdue_while_a_slow_line_answers_in_order() -> None:
    window = Window(0, 3)
    for mid in (1, 2, 3):
        window.add(mid, mid, 0.0, new=True)
    window.acked(1, 9.0)
    assert window.overdue(11.0, 10.0) is None
    window.acked(2, 18.0)
    assert window.overdue(20.0, 10.0) is None
    late = window.overdue(28.5, 10.0)
    assert late is not None
    assert late.sequence == 3


def test_an_answer_that_others_overtook_is_overdue() -> None:
    window = Window(0, 3)
    window.add(1, 1, 0.0, new=True)
    window.add(2, 2, 0.0, new=True)
    window.acked(2, 9.0)
    assert window.overdue(9.5, 10.0) is None
    late = window.overdue(10.5, 10.0)
    assert late is not None
    assert late.sequence == 1
