"""When which gateway is sent its watermark: soon after a COMMIT, and again and again while something is missing. Pure.

One mark a gateway, of the log that it writes now: the topic is retained, and what stays on the broker must be of the
log that the gateway will come back with.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from central.keyring import Place
from central.store.books import Log
from contract import topics
from contract.ranges import Range
from contract.watermark import MAX_MISSING, build_ack

LONGEST_S = 3600.0
"""Between two repetitions."""


class Mark(NamedTuple):
    """What the centre holds of one log."""

    logid: str
    through: int
    hash: str
    missing: tuple[Range, ...]

    def payload(self) -> bytes:
        """The exact bytes of the watermark."""
        return build_ack(self.logid, self.through, self.hash, [list(pair) for pair in self.missing])


@dataclass(slots=True)
class _State:
    mark: Mark
    sent: Mark | None = None
    due: float = float("inf")
    entries: int = 0
    repeat: float = 0.0


class Watermarks:
    """`soon`: seconds after a COMMIT; `most`: or after so many entries; `repeat`: while something is missing."""

    def __init__(self, soon: float, most: int, repeat: float) -> None:
        self._soon, self._most, self._repeat = soon, most, repeat
        self._states: dict[Place, _State] = {}
        self._soonest = float("inf")

    def note(self, logs: Iterable[Log], now: float, entries: int = 1) -> None:
        """These were looked at in a transaction that is committed."""
        for log in logs:
            mark = _mark(log)
            state = self._states.setdefault(log.place, _State(mark))
            state.mark = mark
            state.entries += entries
            state.due = min(state.due, now if state.entries >= self._most else now + self._soon)
            self._soonest = min(self._soonest, state.due)

    def refresh(self, logs: Iterable[Log], now: float) -> None:
        """As the database has them; those that are news are sent."""
        for log in logs:
            state = self._states.get(log.place)
            if state is None or state.mark != _mark(log):
                self.note([log], now, 0)

    def all_due(self, now: float) -> None:
        """Everything is to be sent again: the broker may have forgotten it."""
        for state in self._states.values():
            state.due = now
        self._soonest = now

    def due(self, now: float, most: int) -> list[tuple[str, bytes]]:
        """Topic and payload of what is to be sent now, at most `most`; afterwards it counts as sent."""
        if now < self._soonest:
            return []
        ready = [(place, state) for place, state in self._states.items() if state.due <= now][:most]
        for _, state in ready:
            self._sent(state, now)
        self._soonest = min((state.due for state in self._states.values()), default=float("inf"))
        return [(topics.ack(*place), state.mark.payload()) for place, state in ready]

    def _sent(self, state: _State, now: float) -> None:
        news = state.mark != state.sent
        state.repeat = self._repeat if news else min(2 * state.repeat, LONGEST_S)
        state.sent, state.entries = state.mark, 0
        state.due = now + state.repeat if state.mark.missing else float("inf")

    @property
    def gateways(self) -> int:
        """How many are known."""
        return len(self._states)

    @property
    def missing(self) -> int:
        """Of how many gateways something is missing."""
        return sum(bool(state.mark.missing) for state in self._states.values())


def _mark(log: Log) -> Mark:
    return Mark(log.logid, log.cursor.through, log.hash, tuple(log.cursor.holes[:MAX_MISSING]))
