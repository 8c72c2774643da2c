"""The gateway's clock: states and steps, with the wall and the kernel as the only fakes."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.clock import Clock, kernel_is_synced

JAKARTA = ZoneInfo("Asia/Jakarta")


class World:
    """A wall clock, a monotonic clock and a kernel flag that the test moves."""

    def __init__(self, *, synced: bool) -> None:
        self.wall, self.monotonic, self.synced = 1_795_000_000.0, 1000.0, synced
        self.boot = "4fa6c2"
        self.ticks_ahead = 0.0

    def clock(self, trust: str = "kernel") -> Clock:
        source: Callable[[], bool] = lambda: self.synced  # noqa: E731
        return Clock(
            JAKARTA,
            trust,  # type: ignore[arg-type]
            synced=source,
            wall=lambda: self.wall,
            monotonic=lambda: self.monotonic,
            ticks=lambda: self.monotonic + self.ticks_ahead,
            boot=self.boot,
        )

    def pass_(self, seconds: float, *, step: float = 0.0) -> None:
        self.monotonic += seconds
        self.wall += seconds + step


def test_unset_until_the_kernel_is_synced_then_holdover_when_it_is_not() -> None:
    world = World(synced=False)
    clock = world.clock()
    assert (clock.state, clock.trusted) == ("unset", False)
    world.pass_(10)
    assert clock.check() == []
    world.synced = True
    world.pass_(1, step=86400)
    assert [event.event for event in clock.check()] == ["clock-stepped", "clock-synced"]
    assert clock.state == "synced"
    world.synced = False
    world.pass_(1)
    assert [event.event for event in clock.check()] == ["clock-lost"]
    assert (clock.state, clock.trusted) == ("holdover", True)


def test_a_step_without_synchronisation_costs_the_trust() -> None:
    world = World(synced=True)
    clock = world.clock()
    world.synced = False
    world.pass_(1)
    clock.check()
    world.pass_(1, step=-3600)
    (event,) = clock.check()
    assert event.data()["event"] == "clock-stepped"
    assert event.detail["step_s"] == -3600
    assert clock.state == "unset"


def test_slewing_is_no_step() -> None:
    world = World(synced=True)
    clock = world.clock()
    for _ in range(1000):
        world.pass_(1, step=0.0005)
        assert clock.check() == []


def test_a_vouched_for_clock_is_synced_whatever_the_kernel_says() -> None:
    assert World(synced=False).clock("system").state == "synced"


def test_wall_time_at_a_monotonic_reading() -> None:
    world = World(synced=True)
    clock = world.clock()
    then, at = clock.now(), world.monotonic
    world.pass_(7)
    assert clock.at(at) == then
    assert clock.now() - then == timedelta(seconds=7)
    assert clock.text().endswith("+07:00")


def test_the_kernel_can_be_asked() -> None:
    assert kernel_is_synced() in (True, False)


def test_a_loss_of_trust_is_seen_by_whoever_asks_and_told_by_the_next_check() -> None:
    world = World(synced=True)
    clock = world.clock()
    world.synced = False
    world.pass_(0.2, step=3600)
    assert clock.state == "unset"
    world.pass_(1)
    assert [event.event for event in clock.check()] == ["clock-stepped"]
    assert clock.check() == []


def test_the_kernel_is_not_asked_more_often_than_it_makes_sense() -> None:
    world, asked = World(synced=True), 0

    def synced() -> bool:
        nonlocal asked
        asked += 1
        return True

    clock = Clock(JAKARTA, synced=synced, wall=lambda: world.wall, monotonic=lambda: world.monotonic)
    for _ in range(1000):
        assert clock.trusted
    assert asked <= 2


@pytest.mark.parametrize(
    ("boot", "step", "state"),
    [("4fa6c2", 0.0, "holdover"), ("4fa6c2", 0.4, "holdover"), ("4fa6c2", -5.0, "unset"), ("77ab01", 0.0, "unset")],
)
def test_holdover_outlives_the_program_within_one_boot(boot: str, step: float, state: str) -> None:
    world = World(synced=True)
    first = world.clock()
    world.synced = False
    world.pass_(60)
    first.check()
    memory = first.memory()
    world.boot = boot
    world.pass_(3600, step=step)
    second = world.clock()
    second.recall(memory)
    assert second.state == state


@pytest.mark.parametrize("memory", [None, "", "x", "{}", '{"boot":"","base_s":0}', '{"boot":1}'])
def test_a_memory_that_is_none_changes_nothing(memory: str | None) -> None:
    clock = World(synced=False).clock()
    clock.recall(memory)
    assert clock.state == "unset"
    assert clock.memory() == ""


def test_a_synchronised_clock_needs_no_memory() -> None:
    world = World(synced=True)
    memory = world.clock().memory()
    clock = world.clock()
    clock.recall(memory)
    assert clock.state == "synced"


def test_the_memory_is_the_same_text_until_the_clock_is_set() -> None:
    world = World(synced=True)
    clock = world.clock()
    texts = set()
    for _ in range(100):
        world.pass_(1, step=0.001)
        texts.add(clock.memory())
    assert len(texts) == 1
    world.pass_(1, step=5.0)
    assert clock.memory() not in texts
    world.synced = False
    world.pass_(1, step=5.0)
    assert clock.memory() == ""


def test_how_far_it_was_set_since_a_mark() -> None:
    world = World(synced=True)
    clock = world.clock()
    mark = clock.mark()
    world.pass_(100, step=-12.0)
    assert clock.moved_since(mark) == pytest.approx(-12, abs=0.01)
    world.boot = "another"
    assert world.clock().moved_since(mark) is None
    assert clock.moved_since("") is None
