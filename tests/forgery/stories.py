"""What people do to a terminal: the stories of the document, by name."""

from collections.abc import Callable

from tests.forgery.morning import EARLY, Morning

LATECOMER = "1004"


def _honest(morning: Morning) -> None:
    morning.punch("1001")
    morning.recorded(1)
    morning.looked()


def _at_once(morning: Morning) -> None:
    _honest(morning)
    morning.set_clock(EARLY)
    morning.punch(LATECOMER)
    morning.told(terminal_clock_set=1, terminal_clock_changed=1)
    morning.looked()
    morning.set_clock_right()
    morning.told(terminal_clock_changed=2)
    morning.punch("1007")
    morning.recorded(3)


def _quickly(morning: Morning) -> None:
    _honest(morning)
    morning.say("stall 1")
    morning.set_clock(EARLY)
    morning.punch(LATECOMER)
    morning.set_clock_right()
    morning.told(terminal_clock_stepped=1, terminal_clock_changed=2)
    morning.punch("1007")
    morning.recorded(3)


def _while_off(morning: Morning) -> None:
    _honest(morning)
    morning.gateway_off()
    morning.set_clock(EARLY)
    morning.punch(LATECOMER)
    morning.set_clock_right()
    morning.punch("1007")
    morning.gateway_on()
    morning.told(terminal_clock_changed=2)
    morning.recorded(3)


def _without_a_trace(morning: Morning) -> None:
    _honest(morning)
    morning.gateway_off()
    morning.say("clock -840")
    morning.punch(LATECOMER)
    morning.gateway_on()
    morning.told(terminal_clock_set=1)
    morning.recorded(2)


def _cleared(morning: Morning) -> None:
    _honest(morning)
    morning.punch(LATECOMER)
    morning.recorded(2)
    morning.looked()
    morning.say("clear")
    morning.told(log_cleared=1, terminal_operation=1)
    morning.punch("1007")
    morning.recorded(3)


STORIES: dict[str, Callable[[Morning], None]] = {
    "at-once": _at_once,
    "quickly": _quickly,
    "while-off": _while_off,
    "without-a-trace": _without_a_trace,
    "cleared": _cleared,
}
