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
    (data,) = terminal.watch.was_set(terminal.read())
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


# What we did ourselves


@pytest.mark.parametrize("slewed", [False, True])
def test_a_step_of_our_own_clock_is_not_the_terminals(slewed: bool) -> None:
    """After ten days without a network ours is 12 s off; then chrony sets it right, at once or by and by."""
    terminal = Terminal()
    terminal.world.synced = False
    terminal.world.pass_(1)
    terminal.clock.check()
    assert terminal.events() == []
    terminal.world.synced = True
    terminal.world.pass_(300, step=0.0 if slewed else -12.0)
    if slewed:  # both the wall and the monotonic clock run on more slowly for a while; the quartz does not
        terminal.world.ticks_ahead += 12.0
    terminal.off += 12.0
    terminal.clock.check()
    assert terminal.clock.state == "synced"
    assert not terminal.watch.suspects(terminal.punch())
    assert terminal.watch.facts(terminal.punch()).offset_s == pytest.approx(12, abs=1)
    assert terminal.events() == ["terminal-clock-wrong"]


def test_a_step_of_the_terminal_beside_one_of_ours_is_found() -> None:
    terminal = Terminal()
    terminal.events()
    terminal.world.pass_(300, step=-12.0)
    terminal.off += 12.0 - 3600
    terminal.clock.check()
    (stepped, _) = terminal.watch.judge(terminal.read()).events
    detail = stepped["detail"]
    assert isinstance(detail, dict)
    assert detail["step_s"] == pytest.approx(-3600, abs=2)


@pytest.mark.parametrize(("synced_then", "told"), [(True, ["terminal-clock-stepped"]), (False, [])])
def test_over_a_reboot_only_what_was_synchronised_is_compared(synced_then: bool, told: list[str]) -> None:
    terminal = Terminal()
    if not synced_then:
        terminal.world.synced = False
        terminal.world.pass_(1)
    terminal.events()
    last = terminal.watch.last
    rebooted = Terminal()
    rebooted.world.boot, rebooted.world.wall = "another", terminal.world.wall + 600
    rebooted.clock = rebooted.world.clock()
    rebooted.watch = TerminalClock(rebooted.clock, 2.0, last)
    rebooted.off = 30.0
    assert rebooted.events() == [*told, "terminal-clock-wrong"]


@pytest.mark.parametrize(
    ("became", "told"),
    [
        (0.0, ["terminal-clock-set"]),
        (60.0, []),
        (-3600.0, ["terminal-clock-stepped"]),
        (3600.0, ["terminal-clock-stepped"]),
    ],
)
def test_what_became_of_a_setting_that_nobody_saw(became: float, told: list[str]) -> None:
    terminal = Terminal()
    terminal.off = 60.0
    terminal.watch.judge(terminal.read())
    assert terminal.watch.about_to_set()
    terminal.world.pass_(30)
    terminal.off = became
    assert terminal.events() == told
    terminal.world.pass_(600)
    assert terminal.events() == []  # told once
    terminal.off = 500.0
    assert terminal.events()[0] == "terminal-clock-stepped"  # and it excuses nothing later


def test_nothing_is_set_from_a_clock_that_lost_its_trust_a_moment_ago() -> None:
    """Nobody has called `check` since somebody set the gateway's own clock."""
    terminal = Terminal()
    terminal.off = 60.0
    assert terminal.watch.judge(terminal.read()).set_clock
    terminal.world.synced = False
    terminal.world.pass_(0.2, step=-7200)
    assert not terminal.watch.about_to_set()
    assert terminal.watch.judge(terminal.read()).events == ()
    assert terminal.watch.was_set(terminal.read()) == []


# What a punch is told after we set the clock


def test_what_was_recorded_before_we_set_the_clock_has_the_offset_of_then() -> None:
    terminal = Terminal()
    terminal.off = 3600.0
    terminal.watch.judge(terminal.read())
    night, last_minute = terminal.punch(late=7200), terminal.punch(late=60)
    assert terminal.watch.about_to_set()
    terminal.off = 0.0
    terminal.watch.was_set(terminal.read())
    for reading in (night, last_minute):
        facts = terminal.watch.facts(Reading("SN1", "1", reading.local_time, b"", origin="log"))
        assert facts.offset_s == pytest.approx(3600, abs=1)
    terminal.world.pass_(60)
    after = terminal.punch()
    for reading in (after, Reading("SN1", "1", after.local_time, b"", origin="log")):
        assert terminal.watch.facts(reading).offset_s == pytest.approx(0, abs=1)


@pytest.mark.parametrize("off", [-3600.0, 7200.0, -800_000_000.0])
def test_a_punch_that_our_setting_overtook_is_no_forgery(off: float) -> None:
    """Made while the clock was wrong, told when it was right again; another one like it a while later is a forgery."""
    terminal = Terminal()
    terminal.events()
    terminal.off = off
    terminal.watch.judge(terminal.read())
    punch = terminal.punch()
    assert terminal.watch.about_to_set()
    terminal.off = 0.0
    terminal.watch.was_set(terminal.read())
    assert not terminal.watch.suspects(punch)
    assert terminal.watch.facts(punch).offset_s == (pytest.approx(off, abs=1) if abs(off) < 86400 else None)
    assert terminal.events() == []
    terminal.world.pass_(300)
    terminal.off = off
    forged = terminal.punch()
    terminal.off = 0.0
    assert terminal.watch.suspects(forged)
    assert terminal.events() == ["terminal-clock-stepped"]


def test_a_clock_that_was_reset_says_nothing_of_what_it_recorded_before() -> None:
    terminal = Terminal()
    terminal.off = -8e8
    terminal.watch.judge(terminal.read())
    terminal.watch.about_to_set()
    terminal.off = 0.0
    terminal.watch.was_set(terminal.read())
    terminal.off = -86400.0
    yesterday = Reading("SN1", "1", terminal.local(), b"", origin="log")
    assert terminal.watch.facts(yesterday).offset_s is None


def test_the_offset_of_another_device_is_not_that_of_this_one() -> None:
    terminal = Terminal()
    terminal.events()
    facts = terminal.watch.facts(Reading("SN2", "1", terminal.local(), b"", origin="live"))
    assert (facts.state, facts.offset_s) == ("unset", None)


@pytest.mark.parametrize("local_time", ["2026-11-24T07:00:00+07:00", "2026-11-24", "", "0000-00-00T00:00:00"])
def test_a_clock_that_tells_no_time_is_not_judged(local_time: str) -> None:
    terminal = Terminal()
    judgement = terminal.watch.judge(ClockReading("SN1", local_time, terminal.world.monotonic, 0.1))
    assert (judgement.events, judgement.set_clock, terminal.watch.last) == ((), False, None)
