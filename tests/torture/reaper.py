"""Kills one thing after the other and brings it back: each has a life of its own, so any may be dead together."""

import heapq
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.torture.hops import Hop, TerminalHop


class Life(NamedTuple):
    """Bounds in seconds: of a life, and of the time until it is started again."""

    up: tuple[float, float]
    down: tuple[float, float]


LIVES = {
    "terminal": Life((6, 30), (0.1, 6)),
    "gateway": Life((0.5, 12), (0, 2)),
    "broker": Life((1, 12), (0, 3)),
    "central": Life((0.5, 12), (0, 4)),
    "PostgreSQL": Life((4, 20), (0, 4)),
}


class Reaper:
    """`kills` counts what was killed, by its kind."""

    def __init__(self, hops: Sequence[Hop], seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self._chance, self._order = random.Random(seed), itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._dead: list[Hop] = []
        for hop in hops:
            self._wait(LIVES[hop.kind].up, lambda hop=hop: self._kill(hop))  # type: ignore[misc]

    def run(self, seconds: float) -> None:
        """So long; in the end everything lives."""
        end = time.monotonic() + seconds
        while self._due[0][0] < end:
            moment, _, act = heapq.heappop(self._due)
            time.sleep(max(0.0, moment - time.monotonic()))
            act()
        time.sleep(max(0.0, end - time.monotonic()))
        for hop in self._dead:
            hop.revive()

    def _kill(self, hop: Hop) -> None:
        hop.kill()
        self.kills[hop.kind] += 1
        self._dead.append(hop)
        self._wait(LIVES[hop.kind].down, lambda: self._revive(hop))

    def _revive(self, hop: Hop) -> None:
        self._dead.remove(hop)
        hop.revive()
        self._wait(LIVES[hop.kind].up, lambda: self._kill(hop))

    def _wait(self, bounds: tuple[float, float], act: Callable[[], None]) -> None:
        moment = time.monotonic() + self._chance.uniform(*bounds)
        heapq.heappush(self._due, (moment, next(self._order), act))


class Crowd:
    """People who punch at all doors that are not dark, until the `with` block ends; at times many at one door."""

    def __init__(self, doors: Sequence[TerminalHop], seed: int, *, per_second: float) -> None:
        self._doors, self._chance, self._pause = doors, random.Random(seed), 1 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crowd")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            door = self._chance.choice(self._doors)
            many = self._chance.choice((1, 1, 1, 1, 1, 1, 1, 13))
            for _ in range(many):
                door.punch(str(1001 + self._chance.randrange(20)))
            self._stop.wait(many * self._pause * self._chance.uniform(0, 2))
