"""Which entries go out again because somebody asked: the centre's `missing` ranges and `replay` commands. Pure.

A watermark is the centre's whole truth of the moment, so its ranges replace those of the watermark before; what a
command asked for stays until it was sent. An entry that went out less than `gap` seconds ago waits for its turn: it is
probably still under way, and the next watermark may no longer name it.
"""

from collections.abc import Iterable

from contract.ranges import Range, count, merged, without

MAX_REPLAYS = 64
MAX_RECENT = 1024


class Resends:
    """`gap`: seconds within which nothing is sent twice."""

    def __init__(self, gap: float) -> None:
        self._missing: list[Range] = []
        self._replays: list[Range] = []
        self._recent = Recent(gap)

    @property
    def waiting(self) -> int:
        """How many entries were asked for and not sent yet."""
        return count((*self._missing, *self._replays))

    def missing(self, ranges: Iterable[Range]) -> None:
        """What the newest watermark misses."""
        self._missing = merged(ranges)

    def replay(self, first: int, last: int) -> bool:
        """A command asks for first..last, both included. False when too much is waiting already."""
        ranges = merged([*self._replays, (first, last)])
        if len(ranges) > MAX_REPLAYS:
            return False
        self._replays = ranges
        return True

    def sent(self, sequence: int, now: float) -> None:
        """This entry just went out, for whatever reason."""
        self._recent.note(sequence, now)

    def take(self, most: int, now: float, blocked: Iterable[int]) -> Range | None:
        """The next entries to send again, at most `most`, all in one piece; afterwards they are no longer waiting.

        `blocked` are entries on their way or set aside: they are nothing to wait for and are struck out.
        """
        out = merged((sequence, sequence) for sequence in blocked)
        self._missing, self._replays = without(self._missing, out), without(self._replays, out)
        recent = self._recent.ranges(now)
        for wanted in (self._missing, self._replays):
            for first, last in without(wanted, recent):
                piece = (first, min(last, first + most - 1))
                wanted[:] = without(wanted, [piece])
                return piece
        return None

    def forget(self) -> None:
        """Another log: nothing is asked for any more."""
        self._missing, self._replays = [], []
        self._recent.clear()


class Recent:
    """Which entries went out in the last `gap` seconds, as ranges: a stream of entries is but a few."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._stamped: list[tuple[int, int, float]] = []

    def note(self, sequence: int, now: float) -> None:
        """This entry went out now. When there are more ranges than can be kept, the oldest are forgotten."""
        if self._stamped:
            first, last, at = self._stamped[-1]
            if last + 1 == sequence and now - at < self._gap / 8:
                self._stamped[-1] = (first, sequence, at)
                return
        self._prune(now)
        self._stamped.append((sequence, sequence, now))
        del self._stamped[:-MAX_RECENT]

    def ranges(self, now: float) -> list[Range]:
        """In as few ranges as possible, in order."""
        self._prune(now)
        return merged((first, last) for first, last, _ in self._stamped)

    def clear(self) -> None:
        """Forget all."""
        self._stamped.clear()

    def _prune(self, now: float) -> None:
        kept = 0
        while kept < len(self._stamped) and now - self._stamped[kept][2] >= self._gap:
            kept += 1
        del self._stamped[:kept]
