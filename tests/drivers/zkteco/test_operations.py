"""The terminal's operation log, and whose hand was on its clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.drivers import table
from gateway.drivers.zkteco import memory, operations
from gateway.drivers.zkteco.operations import OperationWatch
from gateway.reading import Finding
from tests.drivers.zkteco.bytes_of import JUNE, operation, packed, row_40
from tests.drivers.zkteco.conftest import drain, events, last_cursor, punches, until
from tests.drivers.zkteco.scripted import ScriptedTerminal


@given(st.binary(max_size=100))
def test_any_bytes_are_whole_records_or_none(body):
    found = operations.decode(body)
    assert (found is None) == (len(body) % 16 != 0)
    assert found is None or b"".join(one.raw for one in found) == body


def test_the_past_of_a_terminal_that_we_meet_is_not_reported(connect):
    with ScriptedTerminal(operations=operation(21, JUNE) * 5) as terminal:
        assert events(drain(connect(terminal))) == []
        assert terminal.commands()[1503] == 1  # the attendance log


def test_somebody_sets_the_clock_at_the_terminal(connect):
    with ScriptedTerminal(operations=operation(4, JUNE)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 2)
        terminal.operations += operation(21, packed(2026, 6, 1, 6, 55)) + operation(5, JUNE)
        found = [one for one in until(driver, events) if isinstance(one, Finding)]
        assert [(one.event, one.detail) for one in found] == [
            ("terminal-clock-changed", {"code": 21, "time": "2026-06-01T06:55:00", "name": "clock set"}),
            ("terminal-operation", {"code": 5, "time": "2026-06-01T08:00:00", "name": "option changed"}),
        ]
        assert found[0].raw == operation(21, packed(2026, 6, 1, 6, 55))
        looks = terminal.commands()[50]
        assert events(until(driver, lambda _: terminal.commands()[50] >= looks + 2)) == []


def test_our_own_setting_is_not_held_against_anybody(connect):
    with ScriptedTerminal(clock=packed(2026, 6, 1, 7)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 2)
        driver.set_clock("2026-06-01T08:00:00")
        terminal.operations += operation(21, JUNE + 1)
        looks = terminal.commands()[50]
        assert events(until(driver, lambda _: terminal.commands()[50] >= looks + 3)) == []
        terminal.operations += operation(21, JUNE + 2)  # but once was ours, not twice
        assert events(until(driver, events)) == ["terminal-clock-changed"]


@pytest.mark.parametrize("records", [("theirs", "ours"), ("before theirs", "before ours")])
def test_of_two_settings_that_may_be_ours_the_last_one_is(connect, records):
    """Somebody turned the clock back an hour, and we put it right. Records bear the time after, or before."""
    times = {"theirs": JUNE, "ours": JUNE + 3600, "before theirs": JUNE + 3600, "before ours": JUNE + 2}
    with ScriptedTerminal(clock=JUNE) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 2)
        driver.set_clock("2026-06-01T09:00:00")
        terminal.operations += b"".join(operation(21, times[name]) for name in records)
        (found,) = [one for one in until(driver, events) if isinstance(one, Finding)]
        assert (found.event, found.raw) == ("terminal-clock-changed", operation(21, times[records[0]]))


def test_a_clock_that_was_set_while_we_were_away_is_told_with_its_time_and_that_nobody_watched(connect):
    with ScriptedTerminal(log=row_40("1", JUNE), operations=operation(4, JUNE)) as terminal:
        driver = connect(terminal)
        cursor = [one.cursor for one in punches(drain(driver)) if one.cursor][-1]
        driver.close()
        other = ScriptedTerminal(
            serial=terminal.serial, log=terminal.log, operations=terminal.operations + operation(21, JUNE)
        )
        with other:
            restarted = table.create("zkteco", {"host": "127.0.0.1", "port": other.port, "timeout": 2}, "pintu-baru")
            restarted.open(cursor)
            try:
                (found,) = [one for one in drain(restarted) if isinstance(one, Finding)]
                assert found.event == "terminal-clock-changed"
                assert found.detail == {
                    "code": 21,
                    "time": "2026-06-01T08:00:00",
                    "name": "clock set",
                    "watched": False,
                }
            finally:
                restarted.close()


def test_what_was_seen_of_the_operations_is_kept_though_nobody_punches(connect):
    """Our own setting included: whoever starts after us must not wonder who set the clock."""
    with ScriptedTerminal(log=row_40("1", JUNE), clock=packed(2026, 6, 1, 7)) as terminal:
        driver = connect(terminal)
        first = last_cursor(drain(driver))
        driver.set_clock("2026-06-01T08:00:00")
        terminal.operations += operation(21, JUNE)
        later = last_cursor(until(driver, lambda found: last_cursor(found) not in (None, first)))
        assert '"operations":1' in later
        driver.close()
        memory._memories.clear()  # as if we had been started anew
        driver.open(later)
        assert events(drain(driver)) == []


def test_a_terminal_that_does_not_show_its_operations_is_asked_once(connect):
    def refusing(terminal, link, number, data):
        terminal.reply(link, 2001, number)

    with ScriptedTerminal(answers={1503: refusing}) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 2)
        terminal.operations = operation(21, JUNE)
        looks = terminal.commands()[50]
        until(driver, lambda _: terminal.commands()[50] >= looks + 4)
        assert terminal.commands()[1503] == 1 + 1  # and once the attendance log


def test_records_are_told_apart_and_found_again_as_the_same():
    rows = operations.decode(operation(9, JUNE) * 2 + operation(9, JUNE + 1)) or []
    first = OperationWatch()
    first.begin(0)
    keys = [finding.key for finding in first.report("S", rows, 3)]
    again = OperationWatch()
    again.begin(1)
    assert [finding.key for finding in again.report("S", rows, 3)] == keys[1:]
    assert len(set(keys)) == 3


def test_a_counter_that_fell_means_a_log_that_was_cleared():
    watch = OperationWatch()
    watch.begin(50)
    rows = operations.decode(operation(13, JUNE)) or []
    assert watch.is_news(1)
    assert [finding.detail["code"] for finding in watch.report("S", rows, 1)] == [13]
