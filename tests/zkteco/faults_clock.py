"""Faults of the terminal's clock, and of people at it. The gateway's own clock is synchronised here."""

from simulators.zkteco import clock
from tests.zkteco.cell import MAYBE, Cell, Times, exactly
from tests.zkteco.fault import fault

SET_RIGHT = {"terminal-clock-wrong": exactly(1), "terminal-clock-set": exactly(1)}
STEPPED = {"terminal-clock-stepped": exactly(1), **SET_RIGHT}
BY_HAND = {"terminal-clock-changed": exactly(1), **STEPPED}


def right(cell: Cell) -> bool:
    return abs(cell.terminal.terminal.clock.offset()) < 3


def _put_right(cell: Cell) -> None:
    cell.gateway.until(lambda: cell.gateway.words()["terminal-clock-set"], "clock set right")
    cell.gateway.until(lambda: right(cell), "clock right")


@fault("clock drifts", SET_RIGHT)
def drifts(cell: Cell) -> None:
    """It gains a second in two: too little from look to look to be a step."""
    cell.running()
    cell.say("clock drift 500000")
    cell.gateway.until(lambda: not right(cell) or cell.gateway.words()["terminal-clock-set"], "off")
    cell.gateway.until(lambda: cell.gateway.words()["terminal-clock-set"], "clock set right")
    cell.say("clock drift 0")
    cell.punch(3)


@fault("clock steps back", STEPPED)
def steps_back(cell: Cell) -> None:
    cell.running()
    cell.say("clock -3600")
    cell.punch(1)
    _put_right(cell)
    cell.punch(3)


@fault("clock steps forward", STEPPED)
def steps_forward(cell: Cell) -> None:
    """A punch of a time that is still to come is set aside; those after the clock was set right are not."""
    cell.running()
    cell.say("clock +7200")
    cell.punch(1)
    cell.quarantine = Times(0, 1)  # none if the clock was looked at before the punch came
    _put_right(cell)
    cell.punch(3)


@fault("clock back to 2000", STEPPED)
def back_to_2000(cell: Cell) -> None:
    cell.running()
    cell.say("clock reset")
    cell.punch(2)
    cell.quarantine = exactly(2)
    _put_right(cell)
    cell.punch(3)


@fault("clock of 2000 at the first look", SET_RIGHT)
def from_2000(cell: Cell) -> None:
    """For weeks: a good part of the log."""
    cell.say("clock reset")
    cell.punch(40)
    cell.quarantine = exactly(40)
    cell.running()
    _put_right(cell)
    cell.punch(3)


@fault("clock set at the menu", BY_HAND)
def set_by_hand(cell: Cell) -> None:
    cell.running()
    cell.looked(1)
    cell.say("clock set 2026-01-05T07:25:00")
    _put_right(cell)
    cell.gateway.until(lambda: cell.gateway.words()["terminal-clock-changed"], "setting by hand told")
    cell.punch(3)


@fault(
    "clock set at the menu while nobody looks", {"terminal-clock-stepped": MAYBE, "terminal-clock-changed": exactly(2)}
)
def set_by_hand_away(cell: Cell) -> None:
    """Turned back, a punch, turned forward again: only the terminal's own operation log knows."""
    cell.running()
    cell.looked(1)
    cell.detach()
    moment = cell.terminal.clock_now()
    cell.say("clock set 2026-01-05T07:25:00")
    cell.punch(1)
    cell.say(f"clock set {moment.isoformat(timespec='seconds')}")
    cell.running()


@fault("31 February", where=lambda kind: True)
def impossible_day(cell: Cell) -> None:
    cell.running()
    cell.terminal.punch("1001", stamp=clock.stamp_of(2026, 2, 31, 8, 0, 0))
    cell.quarantine = exactly(1)
    cell.punch(3)


@fault("a record of 2083 among others")
def far_future(cell: Cell) -> None:
    cell.terminal.punch("1001", stamp=clock.stamp_of(2083, 6, 1, 8, 0, 0))
    cell.quarantine = exactly(1)
    cell.punch(3)
    cell.running()
    cell.punch(3)
