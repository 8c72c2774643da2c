"""Fills a terminal with people and a plausible past, the same for the same seed and clock."""

from datetime import datetime, timedelta

from simulators.zkteco import clock, templates
from simulators.zkteco.codes import STATE, VERIFY
from simulators.zkteco.log import Punch
from simulators.zkteco.roster import User
from simulators.zkteco.terminal import Terminal

FIRST_USER = 1001
_NAMES = ("Siti", "Budi", "Dewi", "Agus", "Rina", "Hendra", "Yuni", "Rahmat", "Lestari", "Komar", "Fitri", "Amir")
_SATURDAY = 5
_PRESENT = 16 * 3600
"""Seconds of the day, from 06:45, over which the punches of a person are spread."""
MOST_DAYS = 1000


def enrol_many(terminal: Terminal, count: int, fingers: int = 1) -> None:
    """Users 1001, 1002, … with names and so many fingers each."""
    for number in range(count):
        name = f"{terminal.random.choice(_NAMES)} {terminal.random.choice(_NAMES)}"
        user = User(terminal.roster.free_uid(), str(FIRST_USER + number), name)
        user.fingers = {finger: templates.noise(terminal) for finger in range(fingers)}
        terminal.roster.put(user)


def fill_past(terminal: Terminal, count: int) -> None:
    """`count` punches of the users on the working days before today, oldest first.

    Everybody comes from 06:45 and leaves from 16:00; where so few people made so many records, they went out and came
    in again more often, so that the log never reaches back more than a few years.
    """
    if count and not len(terminal.roster):
        enrol_many(terminal, 10)
    users = list(terminal.roster)
    rounds = 1 + count // (2 * MOST_DAYS * max(1, len(users)))
    day = terminal.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    days: list[list[Punch]] = []
    missing = count
    while missing > 0:
        day -= timedelta(days=1)
        if day.weekday() < _SATURDAY:
            days.append(_working_day(terminal, users, day, rounds)[-missing:])
            missing -= len(days[-1])
    for punches in reversed(days):
        for punch in punches:
            terminal.log.append(punch)


def _working_day(terminal: Terminal, users: list[User], day: datetime, rounds: int) -> list[Punch]:
    punches = []
    slot = _PRESENT // (2 * rounds)
    for user in users:
        for number in range(2 * rounds):
            second = number * slot + terminal.random.randrange(min(slot, 3600))
            moment = day + timedelta(hours=6, minutes=45, seconds=second)
            state = STATE["out" if number % 2 else "in"]
            punches.append(Punch(user.uid, user.user_id, VERIFY["finger"], state, clock.stamp(moment)))
    return sorted(punches, key=lambda punch: punch.stamp)
