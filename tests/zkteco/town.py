"""Fifty offices on one gateway, and everything that can go wrong with their terminals, at random."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from simulators.zkteco import TerminalServer
from simulators.zkteco.loop_thread import LoopThread
from tests.e2e.office import SITE
from tests.zkteco.kinds import KINDS, Kind
from tests.zkteco.witness import Fact, Witness

MIX = (KINDS[2],) * 20 + (KINDS[4],) * 12 + (KINDS[1],) * 8 + (KINDS[3],) * 5 + (KINDS[0],) * 5
"""Most are what most offices have."""
STAFF, PAST = 20, 300
OPTIONS = {"timeout": 2, "reconcile": 5, "reread": 60, "quiet": 4, "clock_every": 10}


@dataclass
class Door:
    """One terminal of the town."""

    name: str
    kind: Kind
    terminal: TerminalServer
    witness: Witness
    ends: list[tuple[float, str]] = field(default_factory=list)
    """When which command ends a trouble."""

    @property
    def source(self) -> str:
        return f"/{SITE}/{self.name}"

    def options(self) -> dict[str, object]:
        """Of its driver."""
        host, port = self.terminal.host, self.terminal.port
        return {**OPTIONS, "host": host, "port": port, "transport": self.kind.transport}

    def say(self, command: str) -> None:
        answer = self.terminal.command(command)
        assert answer["ok"], f"{command}: {answer}"

    def heal(self, now: float) -> None:
        """End every trouble whose time has come."""
        due = [command for end, command in self.ends if end <= now]
        self.ends = [one for one in self.ends if one[0] > now]
        for command in due:
            self.say(command)

    def truth(self) -> Counter[Fact]:
        return self.witness.facts(self.source)


@contextmanager
def town(count: int, mix: Sequence[Kind] = MIX) -> Iterator[list[Door]]:
    """So many terminals of these kinds in turn, served by one thread."""
    loop = LoopThread("town")
    doors = []
    for number, kind in zip(range(count), itertools.cycle(mix), strict=False):
        server = TerminalServer(
            kind.profile, serial=f"TOWN{number:03}", users=STAFF, records=PAST, seed=number, loop=loop
        )
        doors.append(Door(f"pintu-{number}", kind, server, Witness.of(server)))
    try:
        for door in doors:
            door.terminal.start()
        yield doors
    finally:
        for door in doors:
            door.terminal.stop()
        loop.close()


Trouble = Callable[[random.Random], tuple[str, str]]
"""A command that begins it, and the one that ends it (empty: it ends by itself)."""

ANYWHERE: dict[str, Trouble] = {
    "cut": lambda chance: ("drop", ""),
    "cut in mid-transfer": lambda chance: ("drop in-transfer", ""),
    "stall": lambda chance: (f"stall {chance.uniform(0.5, 6):.1f}", ""),
    "checksums": lambda chance: (f"corrupt {chance.randint(1, 4)}", ""),
    "slow": lambda chance: (f"slow {chance.uniform(0.02, 0.5):.2f}", "slow off"),
    "counts too many": lambda chance: (f"lie +{chance.randint(1, 50)}", "lie off"),
    "counts too few": lambda chance: (f"lie -{chance.randint(1, 50)}", "lie off"),
    "race with the count": lambda chance: (f"race sizes {chance.randint(1, 5)}", ""),
    "race with the read": lambda chance: (f"race read {chance.randint(1, 5)}", ""),
    "interleaved": lambda chance: ("interleave on", "interleave off"),
    "one connection": lambda chance: ("connections one", "connections many"),
    "unacknowledged": lambda chance: (f"unacked {chance.randint(2, 8)}", "unacked off"),
    "restart": lambda chance: (f"restart {chance.uniform(0.3, 5):.1f}", ""),
    "plug": lambda chance: ("power off", "power on"),
    "unknown events": lambda chance: (f"profile event_length={chance.choice((11, 33, 35, 41))}", "own events"),
    "clock steps": lambda chance: (f"clock {chance.choice('+-')}{chance.randint(5, 7200)}", ""),
    "clock resets": lambda chance: ("clock reset", ""),
    "clock drifts": lambda chance: ("clock drift 200000", "clock drift 0"),
    "clock set": lambda chance: ("clock set 2026-03-02T07:25:00", ""),
    "tamper": lambda chance: ("alarm tamper", ""),
    "crowd": lambda chance: (f"crowd {chance.randint(5, 40)} 1", ""),
    "firmware": lambda chance: (f"firmware Ver {chance.randint(1, 9)}.00", ""),
}
TCP: dict[str, Trouble] = {
    "split": lambda chance: (f"split {chance.randint(1, 9)}", "split off"),
    "coalesced": lambda chance: (f"coalesce {chance.randint(2, 6)}", "coalesce off"),
}
UDP: dict[str, Trouble] = {
    "lost": lambda chance: (f"lose {chance.randint(1, 15)}", "lose off"),
    "requests lost": lambda chance: (f"lose {chance.randint(1, 15)} requests", "lose off requests"),
    "doubled": lambda chance: (f"duplicate {chance.randint(5, 40)}", "duplicate off"),
    "overtaken": lambda chance: (f"reorder {chance.randint(5, 40)}", "reorder off"),
}


class Chaos:
    """Begins troubles and ends them."""

    def __init__(self, doors: list[Door], seed: int) -> None:
        self.begun: Counter[str] = Counter()
        self._doors, self._chance = doors, random.Random(seed)

    def begin_one(self, now: float) -> None:
        """Something goes wrong somewhere, for up to ten seconds."""
        door = self._chance.choice(self._doors)
        kinds = ANYWHERE | (TCP if door.kind.transport == "tcp" else UDP)
        name = self._chance.choice(sorted(kinds))
        start, end = kinds[name](self._chance)
        if end == "own events":
            end = f"profile event_length={door.terminal.terminal.profile.event_length}"
        if any(command == end for _, command in door.ends):
            return  # it goes on already
        door.say(start)
        if end:
            door.ends.append((now + self._chance.uniform(0.5, 10), end))
        self.begun[name] += 1

    def heal(self, now: float) -> None:
        for door in self._doors:
            door.heal(now)

    def end(self) -> None:
        """All is well again, everywhere."""
        self.heal(float("inf"))
        for door in self._doors:
            for command in ("stall 0", "corrupt off", "race sizes 0", "race read 0"):
                door.say(command)
