"""The gateway's clock: states and steps, with the wall and the kernel as the only fakes."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from gateway.clock import Clock, kernel_is_synced

JAKARTA = ZoneInfo("Asia/Jakarta")


class World:
    """A wall clock, a monotonic clock and a kernel flag that the test moves."""

    def __init__(self, *, synced: bool) -> None:
        self.wall, self.monotonic, self.synced = 1_795_000_000.0, 1000.0, synced

    def clock(self, trust: str = "kernel") -> Clock:
        source: Callable[[], bool] = lambda: self.synced  # noqa: E731
        return Clock(
            JAKARTA,
            trust,  # type: ignore[arg-type]
            synced=source,
            wall=lambda: self.wall,
            monotonic=lambda: self.monotonic,
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
