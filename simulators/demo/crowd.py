"""Who punches: people of one office, at one of its doors, by finger, card or face."""

import random
from collections.abc import Sequence

from simulators.zkteco import PunchRefused, TerminalServer

PEOPLE = 40
_METHODS = ("finger", "finger", "finger", "card", "face")


class Crowd:
    """The same people at every terminal, numbered from 1001; the same seed, the same order."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def punch(self, terminals: Sequence[TerminalServer]) -> bool:
        """One person punches at one of the terminals; False when it would not have them."""
        terminal = self._random.choice(terminals)
        person = str(1001 + self._random.randrange(PEOPLE))
        direction = "in" if self._random.random() < 0.8 else "out"
        try:
            terminal.punch(person, direction, self._random.choice(_METHODS))
        except PunchRefused:
            return False
        return True
