"""Log lines that repeat are held back, and none goes uncounted."""

import itertools
import logging
import sys

from gateway import repeats
from gateway.logs import TextFormatter
from gateway.repeats import Repeats


class Hand:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def record(message: str, level: int = logging.WARNING, error: Exception | None = None) -> logging.LogRecord:
    about = None if error is None else (type(error), error, None)
    return logging.LogRecord("gateway", level, "", 0, message, None, about)


def line(record: logging.LogRecord) -> str:
    """What is written of it, without the time."""
    return TextFormatter().format(record).partition(" ")[2]


def test_a_line_that_repeats_comes_once_a_minute_with_a_count() -> None:
    hand = Hand()
    held = Repeats(hand)
    assert held.filter(record("silent"))
    for second in range(1, 60):
        hand.now = 1000.0 + second
        assert not held.filter(record("silent"))
    assert held.filter(record("another"))
    assert held.filter(record("silent", logging.ERROR))
    hand.now = 1060.0
    again = record("silent")
    assert held.filter(again)
    assert line(again) == "WARNING gateway: silent (and 59 more)"
    hand.now = 1181.0  # the time has doubled
    once = record("silent")
    assert held.filter(once)
    assert line(once) == "WARNING gateway: silent"


def test_what_goes_on_for_a_day_is_told_ever_less_often() -> None:
    hand = Hand()
    held = Repeats(hand)
    told: list[tuple[float, str]] = []
    for half in range(24 * 60 * 2):
        hand.now = 1000.0 + 30 * half
        one = record("silent")
        if held.filter(one):
            told.append((hand.now - 1000, line(one)))
    gaps = [after - before for (before, _), (after, _) in itertools.pairwise(told)]
    assert gaps[:7] == [60, 120, 240, 480, 960, 1920, 3600]
    assert set(gaps[7:]) == {3600}
    assert told[-1][1] == "WARNING gateway: silent (and 119 more)"


def test_what_comes_every_other_minute_is_no_flood_either() -> None:
    hand = Hand()
    held = Repeats(hand)
    told = 0
    for turn in range(24 * 30):
        hand.now = 1000.0 + 120 * turn
        told += held.filter(record("silent"))
    assert 24 <= told <= 32


def test_after_a_quiet_time_it_is_told_as_often_as_at_first() -> None:
    hand = Hand()
    held = Repeats(hand)
    for second in range(0, 3000, 10):
        hand.now = 1000.0 + second
        held.filter(record("silent"))
    hand.now += 599
    assert held.late() == []
    assert not held.filter(record("silent"))
    hand.now += 600
    assert len(held.late()) == 1
    assert held.filter(record("silent"))
    hand.now += 60
    assert held.filter(record("silent"))


def test_an_old_trouble_that_comes_back_is_told_at_once() -> None:
    hand = Hand()
    held = Repeats(hand)
    for second in range(0, 3000, 10):
        hand.now = 1000.0 + second
        held.filter(record("silent"))
    hand.now += 600
    back = record("silent")
    assert held.filter(back)
    assert back.left_out > 0  # type: ignore[attr-defined]
    hand.now += 60
    assert held.filter(record("silent"))


def test_one_that_does_not_come_again_is_told_all_the_same() -> None:
    hand = Hand()
    held = Repeats(hand)
    for _ in range(4):
        held.filter(record("silent"))
    held.filter(record("once only"))
    hand.now = 1059.0
    assert held.late() == []
    hand.now = 1060.0
    assert [line(late) for late in held.late()] == ["WARNING gateway: silent (and 2 more)"]
    assert held.late() == []
    back = record("silent")
    assert held.filter(back)
    assert line(back) == "WARNING gateway: silent"


def test_it_is_told_with_the_time_at_which_it_was_last_said() -> None:
    hand = Hand()
    held = Repeats(hand)
    for second in (0.0, 10.0, 20.0):
        one = record("silent")
        one.created = 1_768_780_000 + second
        held.filter(one)
    (late,) = held.late(all=True)
    assert late.created == 1_768_780_020


def test_the_same_words_about_another_error_are_another_line() -> None:
    held = Repeats(Hand())
    assert held.filter(record("it failed", error=ValueError("a")))
    assert held.filter(record("it failed", error=ValueError("b")))
    assert held.filter(record("it failed", error=KeyError("a")))
    assert not held.filter(record("it failed", error=ValueError("a")))


def test_what_is_held_back_keeps_nothing_else_alive() -> None:
    class Large:
        def __str__(self) -> str:
            return "large"

    large = Large()
    held = Repeats(Hand())
    before = sys.getrefcount(large)
    for _ in range(3):
        held.filter(logging.LogRecord("gateway", logging.INFO, "", 0, "%s", (large,), None))
    assert sys.getrefcount(large) == before


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_told() -> None:
    held = Repeats(Hand())
    for number in range(3 * repeats._REMEMBERED):
        assert held.filter(record(f"line {number}"))
        assert not held.filter(record(f"line {number}"))
        assert len(held.late()) == (number >= repeats._REMEMBERED)
    assert len(held._lines) == repeats._REMEMBERED
    assert len(held.late(all=True)) == repeats._REMEMBERED
