"""How far a log has come: a high-water mark, the holes below the highest entry, and what is lost for good. Pure.

    1 ─ held ─ through   hole   held   hole   highest
         └ lost ┘ (passed by `through`: nobody can send it any more)

The set of held sequences is 1..highest without holes and without losses; it is never kept as such. A log may have at
most MAX_HOLES holes: an entry that would tear one more is held, but not counted until the first ones are filled, so it
is asked for, comes again, and is counted then.
"""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.ranges import Range, merged, without

MAX_HOLES = 1024


@dataclass(slots=True)
class Cursor:
    """One log."""

    through: int = 0
    """Every sequence from 1 through this one is held or lost for good; this one is held. 0: none is."""
    highest: int = 0
    """The highest that is counted."""
    holes: list[Range] = field(default_factory=list)
    """What is missing between them, in order: to be asked for."""
    losses: list[Range] = field(default_factory=list)
    """What the log itself declared lost, in order and apart as it was told, less what came after all."""

    def add(self, sequences: Iterable[int]) -> None:
        """These are held now (again)."""
        for sequence in sequences:
            if sequence <= self.through:
                if self.losses:
                    self.losses = _out(self.losses, sequence)
            elif sequence <= self.highest:
                self.holes = _out(self.holes, sequence)
                self.losses = _out(self.losses, sequence)
            else:
                self._grow(sequence)
        self._settle()

    def lose(self, first: int, last: int) -> list[Range]:
        """first..last can no longer be had; what of it was not held and is news."""
        held = self._held()
        news = without(without([(first, last)], held), self.losses)
        self.losses = sorted([*self.losses, *news])
        self.holes = without(self.holes, self.losses)
        self._settle()
        return news

    def _grow(self, sequence: int) -> None:
        hole = without([(self.highest + 1, sequence - 1)], self.losses)
        if hole and len(self.holes) + len(hole) > MAX_HOLES:
            return
        self.holes += hole
        self.losses = _out(self.losses, sequence)
        self.highest = sequence

    def _held(self) -> list[Range]:
        return without([(1, self.highest)], merged([*self.holes, *self.losses]))

    def _settle(self) -> None:
        """Move `through` up to the last held one below the first hole."""
        end = self.holes[0][0] - 1 if self.holes else self.highest
        for first, last in reversed(self.losses):
            if first <= end <= last:
                end = first - 1
        self.through = max(self.through, end)


def _out(ranges: list[Range], number: int) -> list[Range]:
    """`ranges` without one number."""
    at = bisect.bisect_right(ranges, number, key=lambda pair: pair[0]) - 1
    if at < 0 or ranges[at][1] < number:
        return ranges
    first, last = ranges[at]
    pieces = [pair for pair in ((first, number - 1), (number + 1, last)) if pair[0] <= pair[1]]
    return [*ranges[:at], *pieces, *ranges[at + 1 :]]
