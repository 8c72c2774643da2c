"""What a centre holds: a `Ledger` for each log, and the `Books` that keep them together. Pure, and in memory."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from contract import entry, topics
from contract.chain import GENESIS, entry_hash
from contract.entry import ContractError


@dataclass
class Ledger:
    """One log. It keeps every entry in memory: made for demos and tests, not for a year of a regency."""

    site: str
    gateway: str
    logid: str
    through: int = 0
    """Every entry from 1 through this one is held."""
    highest: int = 0
    redelivered: int = 0
    """Messages that brought an entry again, byte for byte: harmless, and counted."""
    forks: list[int] = field(default_factory=list)
    """Sequences that came a second time with other bytes; the first are kept."""
    broken: list[int] = field(default_factory=list)
    """Sequences whose `prevhash` is not the hash of the entry before."""
    _entries: dict[int, bytes] = field(default_factory=dict)
    _hashes: dict[int, str] = field(default_factory=dict)
    _previous: dict[int, str] = field(default_factory=dict)

    def add(self, raw: bytes, sequence: int, prevhash: str) -> bool:
        """Take an entry; False when this sequence is held already, with the same or with other bytes."""
        digest = entry_hash(raw)
        held = self._hashes.get(sequence)
        if held == digest:
            self.redelivered += 1
        elif held is not None:
            self.forks.append(sequence)
        if held is not None:
            return False
        self._entries[sequence], self._hashes[sequence], self._previous[sequence] = raw, digest, prevhash
        self._check(sequence)
        self._check(sequence + 1)
        self.highest = max(self.highest, sequence)
        while self.through + 1 in self._entries:
            self.through += 1
        return True

    def forget(self, through: int) -> None:
        """Hold nothing above `through` any more, as a database restored from a backup."""
        for sequence in [sequence for sequence in self._entries if sequence > through]:
            del self._entries[sequence], self._hashes[sequence], self._previous[sequence]
        self.through = min(self.through, through)
        self.highest = max(self._entries, default=0)

    def missing(self) -> list[list[int]]:
        """The holes below the highest entry, [first, last] each."""
        holes: list[list[int]] = []
        for sequence in range(self.through + 1, self.highest):
            if sequence in self._entries:
                continue
            if holes and holes[-1][1] == sequence - 1:
                holes[-1][1] = sequence
            else:
                holes.append([sequence, sequence])
        return holes

    def hash_of(self, sequence: int) -> str:
        """Hash of a held entry; 64 zeros for sequence 0. Raises KeyError for one that is not held."""
        return GENESIS if sequence == 0 else self._hashes[sequence]

    def entries(self) -> list[bytes]:
        """The exact bytes of what is held, in sequence."""
        return [self._entries[sequence] for sequence in sorted(self._entries)]

    def __len__(self) -> int:
        return len(self._entries)

    def report(self) -> dict[str, Any]:
        """Where this log stands, as plain values."""
        return {
            "site": self.site,
            "gateway": self.gateway,
            "held": len(self),
            "through": self.through,
            "highest": self.highest,
            "missing": self.missing(),
            "redelivered": self.redelivered,
            "forks": list(self.forks),
            "broken": list(self.broken),
        }

    def _check(self, sequence: int) -> None:
        if sequence not in self._entries or (sequence > 1 and sequence - 1 not in self._entries):
            return
        if self._previous[sequence] != self.hash_of(sequence - 1):
            self.broken.append(sequence)


class Books:
    """All ledgers, and every punch as a fact: where each (source, id) is held."""

    def __init__(self) -> None:
        self.ledgers: dict[str, Ledger] = {}
        self.messages = 0
        self.rubbish = 0
        self.last_rubbish: deque[str] = deque(maxlen=20)
        self.repeated = 0
        """Punches that a log holds under a further sequence: its gateway recorded one fact twice."""
        self.carried = 0
        """Punches that came again in a further log, as they may after a fork."""
        self._facts: dict[tuple[str, str], list[tuple[str, int]]] = {}

    def take(self, topic: str, payload: bytes) -> str | None:
        """Take one message of a log topic; the logid that it belongs to, or None for rubbish, which is counted."""
        self.messages += 1
        try:
            event = entry.parse(payload)
            ledger = self._ledger(topic, str(event["logid"]))
        except ContractError as error:
            self.rubbish += 1
            self.last_rubbish.append(f"{topic}: {error}")
            return None
        sequence = int(str(event["sequence"]))
        if ledger.add(payload, sequence, str(event["prevhash"])) and event["type"] == entry.type_of(entry.PUNCH):
            self._place((str(event["source"]), str(event["id"])), (ledger.logid, sequence))
        return ledger.logid

    def forget(self, through: int, logid: str) -> None:
        """Lose what lies above `through` of one log. Raises KeyError for a log never heard of."""
        self.ledgers[logid].forget(through)
        held, self._facts, self.repeated, self.carried = self._facts, {}, 0, 0
        for fact, places in held.items():
            for place in places:
                if place[0] != logid or place[1] <= through:
                    self._place(fact, place)

    def facts(self) -> set[tuple[str, str]]:
        """(source, id) of every punch that is held."""
        return set(self._facts)

    def report(self) -> dict[str, Any]:
        """Plain values; see `StandIn.report`."""
        ledgers = self.ledgers.values()
        return {
            "messages": self.messages,
            "entries": sum(len(ledger) for ledger in ledgers),
            "punches": len(self._facts),
            "repeated": self.repeated,
            "carried": self.carried,
            "redelivered": sum(ledger.redelivered for ledger in ledgers),
            "forks": sum(len(ledger.forks) for ledger in ledgers),
            "broken": sum(len(ledger.broken) for ledger in ledgers),
            "missing": sum(last - first + 1 for ledger in ledgers for first, last in ledger.missing()),
            "rubbish": self.rubbish,
            "last_rubbish": list(self.last_rubbish),
            "logs": {ledger.logid: ledger.report() for ledger in ledgers},
        }

    def _place(self, fact: tuple[str, str], place: tuple[str, int]) -> None:
        places = self._facts.setdefault(fact, [])
        if any(logid == place[0] for logid, _ in places):
            self.repeated += 1
        elif places:
            self.carried += 1
        places.append(place)

    def _ledger(self, topic: str, logid: str) -> Ledger:
        site, gateway, _ = topics.split(topic) or ("", "", "")
        if logid.rpartition(".")[0] != gateway:
            raise ContractError(f"logid: {logid} is not a log of {gateway}")
        return self.ledgers.setdefault(logid, Ledger(site, gateway, logid))
