"""A terminal's clock: drift, steps, and the person who turns it back, punches, and turns it forward again."""

from datetime import timedelta

import pytest

from gateway.reading import ClockReading, Reading
from gateway.terminal_clock import TerminalClock
from tests.gateway.test_clock import World


class Terminal:
    """A terminal whose clock the test turns, seen through readings as a driver gives them."""

    def __init__(self, *, synced: bool = True) -> None:
        self.world = World(synced=synced)
        self.clock = self.world.clock()
        self.watch = TerminalClock(self.clock, 2.0)
        self.off = 0.0

    def local(self) -> str:
        shown = self.clock.now() + timedelta(seconds=self.off)
        return shown.replace(tzinfo=None, microsecond=0).isoformat()

    def read(self, round_trip: float = 0.1) -> ClockReading:
        return ClockReading("SN1", self.local(), self.world.monotonic, round_trip)

    def events(self) -> list[str]:
        return [str(data["event"]) for data in self.watch.judge(self.read()).events]

    def punch(self, *, late: float = 0.0) -> Reading:
        local = self.local()
        self.world.pass_(late)
        return Reading("SN1", "1042", local, b"", origin="live")


def test_a_clock_that_keeps_time_leaves_no_trace() -> None:
    terminal = Terminal()
    for _ in range(500):
        assert terminal.events() == []
        assert not terminal.watch.suspects(terminal.punch())
        terminal.world.pass_(600)
        terminal.off += 600 * 100e-6 / 100
    assert abs(terminal.watch.facts(terminal.punch()).offset_s or 9) < 2


def test_a_wrong_clock_is_told_once_and_set_only_from_a_synchronised_one() -> None:
    terminal = Terminal()
    terminal.off = 3.0
    first = terminal.watch.judge(terminal.read())
    assert [data["event"] for data in first.events] == ["terminal-clock-wrong"]
    assert first.set_clock
    assert terminal.events() == []
    terminal.world.synced = False
    terminal.world.pass_(1)
    terminal.clock.check()
    assert terminal.clock.state == "holdover"
    assert not terminal.watch.judge(terminal.read()).set_clock


def test_setting_it_is_evidence_and_no_step() -> None:
    terminal = Terminal()
    terminal.off = 60.0
    terminal.watch.judge(terminal.read())
    terminal.off = 0.0
    data = terminal.watch.was_set(terminal.read())
    assert data["event"] == "terminal-clock-set"
    detail = data["detail"]
    assert isinstance(detail, dict)
    assert detail["offset_before_s"] == pytest.approx(60, abs=1)
    assert terminal.events() == []


@pytest.mark.parametrize("turned", [-3600.0, 86400.0, 5.0])
def test_a_step_between_two_looks_is_found(turned: float) -> None:
    terminal = Terminal()
    terminal.events()
    terminal.world.pass_(600)
    terminal.off = turned
    assert terminal.events() == ["terminal-clock-stepped", "terminal-clock-wrong"]


def test_turned_back_punched_and_turned_forward_between_two_looks() -> None:
    terminal = Terminal()
    terminal.events()
    terminal.world.pass_(60)
    terminal.off = -3600.0
    assert terminal.watch.suspects(terminal.punch())
    terminal.off = 0.0
    (data,) = terminal.watch.judge(terminal.read()).events
    detail = data["detail"]
    assert data["event"] == "terminal-clock-stepped"
    assert isinstance(detail, dict)
    assert detail["seen_by"] == "punch"
    assert detail["step_s"] == pytest.approx(-3600, abs=2)
    assert terminal.events() == []


def test_a_punch_that_the_network_held_up_is_no_forgery() -> None:
    terminal = Terminal()
    terminal.events()
    late = terminal.punch(late=45.0)
    assert terminal.watch.suspects(late)
    assert terminal.events() == []


def test_without_a_trusted_clock_nothing_is_claimed() -> None:
    terminal = Terminal(synced=False)
    terminal.off = 7200.0
    judgement = terminal.watch.judge(terminal.read())
    assert judgement.events == ()
    assert not judgement.set_clock
    assert terminal.watch.facts(terminal.punch()).state == "unset"


def test_what_a_punch_says_of_its_clock() -> None:
    terminal = Terminal()
    assert terminal.watch.facts(terminal.punch()).state == "unset"
    terminal.events()
    assert terminal.watch.facts(terminal.punch()).state == "synced"
    from_log = Reading("SN1", "1", terminal.local(), b"", origin="log")
    assert terminal.watch.facts(from_log).state == "holdover"
    terminal.world.pass_(3600)
    assert terminal.watch.facts(terminal.punch()).state == "holdover"
    terminal.off = 30.0
    terminal.events()
    facts = terminal.watch.facts(terminal.punch())
    assert facts.state == "holdover"
    assert facts.offset_s == pytest.approx(30, abs=1)


def test_another_device_is_compared_with_nothing() -> None:
    terminal = Terminal()
    terminal.events()
    terminal.off = 500.0
    other = ClockReading("SN2", terminal.local(), terminal.world.monotonic, 0.1)
    assert [data["event"] for data in terminal.watch.judge(other).events] == ["terminal-clock-wrong"]
