"""What happens when: the plan of one round. Pure."""

from typing import Literal, NamedTuple

Act = Literal["cut", "restore", "restart"]

CUT_AT, RESTORE_AT, RESTART_AT = 0.2, 0.53, 0.72
"""Parts of a round: the line is down for a third of it."""
AWAY = 0.08
"""How long the terminal's restart takes, as a part of the round."""


class Step(NamedTuple):
    """One thing that happens, `at` seconds after the start of the round."""

    at: float
    act: Act


def plan(seconds: float) -> list[Step]:
    """The steps of a round of so many seconds, in order."""
    return [
        Step(seconds * CUT_AT, "cut"),
        Step(seconds * RESTORE_AT, "restore"),
        Step(seconds * RESTART_AT, "restart"),
    ]


def punches_due(elapsed: float, seconds: float, total: int) -> int:
    """How many of a round's `total` punches should have been made after `elapsed` seconds: evenly spread."""
    return total if elapsed >= seconds else int(total * (elapsed / seconds))
