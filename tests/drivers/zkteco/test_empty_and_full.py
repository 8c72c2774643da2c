"""A log that is said to be empty, and one that is full or was a moment ago: what the counters cannot tell."""

import pytest

from gateway.drivers.zkteco import memory
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE, event_32, row_40, six
from tests.drivers.zkteco.conftest import drain, events, last_cursor, people, until
from tests.drivers.zkteco.scripted import ERROR, ScriptedTerminal


def log_40(count: int, start: int = 0) -> bytes:
    return b"".join(row_40(str(1000 + n), JUNE + 60 * n) for n in range(start, start + count))


def counts(number: int, **more: int):
    return lambda terminal: bytes_of.sizes(number, **more)


def refusal(terminal, link, number, data):
    terminal.reply(link, ERROR, number)


def test_a_count_of_none_is_not_believed_before_the_log_was_asked_for(connect):
    with ScriptedTerminal(log=log_40(7), counters=counts(0)) as terminal:
        found = drain(connect(terminal))
        assert people(found) == [str(1000 + n) for n in range(7)]
        assert events(found) == ["log-miscounted"]


def test_a_terminal_that_will_not_hand_over_an_empty_log_has_an_empty_log(connect):
    with ScriptedTerminal(answers={1503: refusal, 13: refusal}) as terminal:
        driver = connect(terminal, reconcile=0.05)
        found = until(driver, lambda _: terminal.commands()[50] >= 12)
        assert (people(found), events(found)) == ([], [])
        assert terminal.commands()[1503] == 1


def test_an_empty_log_is_a_place_to_go_on_from(connect):
    """What was seen of the terminal is kept from the first minute on, though nobody punched yet."""
    with ScriptedTerminal() as terminal:
        assert '"count":0' in (last_cursor(drain(connect(terminal))) or "")


def test_a_punch_that_is_in_no_count_makes_us_read(connect):
    with ScriptedTerminal(counters=counts(0)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 3)
        terminal.punch(row_40("7", JUNE + 1), event_32("7", six(2026, 6, 1, 8, 0, 1)))
        terminal.log += row_40("never told", JUNE + 2)
        found = until(driver, lambda found: "never told" in people(found))
        assert events(found) == ["log-miscounted"]


def test_a_log_that_fills_up_while_we_watch_is_read_as_a_full_one_from_then_on(connect):
    """Its count stands still: what it overwrites must not wait for the hourly read."""
    with ScriptedTerminal(log=log_40(9), counters=counts(9, capacity=10)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda found: len(people(found)) == 9)
        terminal.counters = counts(10, capacity=10)
        terminal.log = log_40(10)
        until(driver, lambda found: "1009" in people(found))
        terminal.log = log_40(10, start=2)
        found = until(driver, lambda found: "1011" in people(found))
        assert people(found) == ["1010", "1011"]
        assert events(found) == ["log-wrapped"]


def test_a_ring_that_deletes_a_block_at_a_time_is_a_ring(connect):
    """ "Cyclic Del" 1-999: a full log that made room is not full any more, and nobody deleted anything by hand."""
    with ScriptedTerminal(log=log_40(2000), counters=counts(2000, capacity=2000)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        first = until(driver, lambda found: len(people(found)) == 2000)
        terminal.log = log_40(1500, start=700)
        terminal.counters = counts(1500, capacity=2000)
        found = until(driver, lambda found: len(people(found)) == 200)
        assert (events(first), events(found)) == (["log-full"], ["log-wrapped"])


def test_the_oldest_records_of_a_log_with_room_do_not_wrap(connect):
    with ScriptedTerminal(log=log_40(2000)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda found: len(people(found)) == 2000)
        terminal.log = log_40(1500, start=700)
        found = until(driver, lambda found: len(people(found)) == 200)
        assert events(found) == ["log-shrunk"]


@pytest.mark.parametrize("length", [92, 112])
def test_a_full_log_is_told_once_also_by_firmware_that_does_not_count(connect, length):
    told = 10 if length == 92 else 0
    with ScriptedTerminal(log=log_40(10), counters=counts(told, capacity=10, length=length)) as terminal:
        driver = connect(terminal, reconcile=0.02)
        found = until(driver, lambda _: terminal.commands()[1503] >= 4)
        assert events(found) == ["log-full"]
        assert driver.status().records == 10
        terminal.log = log_40(10, start=2)
        assert events(until(driver, events)) == ["log-wrapped"]


def test_a_full_log_is_told_once_a_filling_whoever_is_started_anew(connect):
    with ScriptedTerminal(log=log_40(10), counters=counts(10, capacity=10)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        found = until(driver, lambda found: '"full":true' in (last_cursor(found) or ""))
        assert events(found) == ["log-full"]
        driver.close()
        memory._memories.clear()  # as if we had been started anew
        driver.open(last_cursor(found))
        assert events(until(driver, lambda _: terminal.commands()[1503] >= 3)) == []

        terminal.log, terminal.counters = log_40(2, start=10), counts(2, capacity=10)
        found = until(driver, lambda found: '"full":false' in (last_cursor(found) or ""))
        assert events(found) == ["log-cleared"]
        terminal.log, terminal.counters = log_40(10, start=10), counts(10, capacity=10)
        assert events(until(driver, events)) == ["log-full"]


def test_a_ring_that_makes_a_little_room_was_not_emptied(connect):
    with ScriptedTerminal(log=log_40(20), counters=counts(20, capacity=20)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, events)
        terminal.log, terminal.counters = log_40(18, start=2), counts(18, capacity=20)
        looks = terminal.commands()[50]
        until(driver, lambda _: terminal.commands()[50] >= looks + 4)
        terminal.log, terminal.counters = log_40(20, start=2), counts(20, capacity=20)
        found = until(driver, lambda found: "1021" in people(found))
        assert events(found) == []
