"""Which entries go out again because somebody asked: the centre's `missing` ranges and `replay` commands. Pure.

A watermark is the centre's whole truth of the moment, so its ranges replace those of the watermark before; what a
command asked for stays until it was sent. An entry that went out less than `gap` seconds ago waits for its turn: it is
probably still under way, and the next watermark may no longer name it. What is missing still after it was sent again
doubles the gap, up to SLOWEST times: it waits in the broker's queue for a centre that is slow, and sending it once more
only makes the queue longer, or the broker drops what has no room in it.
"""

from collections.abc import Iterable

from contract.ranges import Range, count, merged, without

MAX_REPLAYS = 64
MAX_RECENT = 1024
SLOWEST = 8


class Resends:
    """`gap`: seconds within which nothing is sent twice, at first."""

    def __init__(self, gap: float) -> None:
        self._missing: list[Range] = []
        self._replays: list[Range] = []
        self._gap, self._recent = gap, Recent(gap)
        self._repeated: list[Range] = []
        """What was sent again in this round; a round ends when something of it is asked for once more."""

    @property
    def waiting(self) -> int:
        """How many entries were asked for and not sent yet."""
        return count((*self._missing, *self._replays))

    def missing(self, ranges: Iterable[Range]) -> None:
        """What the newest watermark misses."""
        self._missing = merged(ranges)
        if not self._missing:
            self.hasten()

    def hasten(self) -> None:
        """The way is clear, or another one: the gap is what it was at first."""
        self._recent.gap, self._repeated = self._gap, []

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
                if wanted is self._missing:
                    self._note_round(piece)
                return piece
        return None

    def _note_round(self, piece: Range) -> None:
        if without([piece], self._repeated) != [piece]:
            self._recent.gap = min(2 * self._recent.gap, SLOWEST * self._gap)
            self._repeated = []
        self._repeated = merged([*self._repeated, piece])[-MAX_RECENT:]

    def forget(self) -> None:
        """Another log: nothing is asked for any more."""
        self._missing, self._replays = [], []
        self._recent.clear()
        self.hasten()


class Recent:
    """Which entries went out in the last `gap` seconds, as ranges: a stream of entries is but a few."""

    def __init__(self, gap: float) -> None:
        self.gap = gap
        self._stamped: list[tuple[int, int, float]] = []

    def note(self, sequence: int, now: float) -> None:
        """This entry went out now. When there are more ranges than can be kept, the oldest are forgotten."""
        if self._stamped:
            first, last, at = self._stamped[-1]
            if last + 1 == sequence and now - at < self.gap / 8:
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
        while kept < len(self._stamped) and now - self._stamped[kept][2] >= self.gap:
            kept += 1
        del self._stamped[:kept]
