"""Who punches: people of one office, at one of its doors, by finger, card or face."""

import itertools
import random
from collections.abc import Sequence

from simulators.demo.reader import CardReader
from simulators.zkteco import PunchRefused, TerminalServer

PEOPLE = 40
_METHODS = ("finger", "finger", "finger", "card", "face")


class Crowd:
    """The same people at every terminal, numbered from 1001; the same seed, the same order."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._cards = itertools.cycle(f"04A1B2C3D4{number:04X}" for number in range(1001, 1001 + PEOPLE))

    def punch(self, terminals: Sequence[TerminalServer], reader: CardReader | None = None) -> bool:
        """One person punches at one of the terminals, or at the card reader when it is free; False when they were not
        taken."""
        doors: list[TerminalServer | CardReader] = [*terminals]
        if reader is not None and reader.free:
            doors.append(reader)
        door = self._random.choice(doors)
        if isinstance(door, CardReader):
            # Everybody in turn: the same card within five seconds would be no second punch.
            door.tap(next(self._cards))
            return True
        person = str(1001 + self._random.randrange(PEOPLE))
        direction = "in" if self._random.random() < 0.8 else "out"
        try:
            door.punch(person, direction, self._random.choice(_METHODS))
        except PunchRefused:
            return False
        return True
