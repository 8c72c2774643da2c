"""One batch in one transaction: what is news is stored, what is held is ignored, what contradicts is kept beside it.

    message ─► entry? ─► its place is free ─► stored; what it says of log and keys takes effect
                │    ├► taken by the same bytes ─► ignored
                │    └► taken by other bytes ─► fork: kept, log marked, alarm
                ├► birth, will, health ─► gateway
                └► none of these ─► dead letter

It is the same for entries from a broker and from a USB stick; that it can be done twice without harm is what makes
every retry safe.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from central.entries import Held, arrived, is_punch_of, site_of
from central.ingest import audits, gateways
from central.ingest.arrival import Arrival
from central.ingest.logs import Logs
from central.keyring import Keyring
from central.store.books import Alarm, Books, Log
from central.store.database import Sql
from contract import topics
from contract.entry import PUNCH, ContractError

MOST_PAYLOAD = 65536
"""Bytes of a dead letter that are kept."""


@dataclass(slots=True)
class Outcome:
    """What a batch did."""

    entries: int = 0
    """That were news."""
    duplicates: int = 0
    forks: int = 0
    dead: int = 0
    logs: list[Log] = field(default_factory=list)
    """Whose watermark may have changed, or is wanted again."""
    alarms: list[Alarm] = field(default_factory=list)
    """That are news."""

    def add(self, other: "Outcome") -> None:
        """What another batch did after this one."""
        self.entries += other.entries
        self.duplicates += other.duplicates
        self.forks += other.forks
        self.dead += other.dead
        self.logs += other.logs
        self.alarms += other.alarms


class _Coming(NamedTuple):
    held: Held
    arrival: Arrival
    log: Log


def take(sql: Sql, batch: Sequence[Arrival], ring: Keyring, now: datetime) -> Outcome:
    """Everything of `batch`, in the open transaction. Raises StoreError; RefusedError for values nobody can store."""
    taking = _Taking(Books(sql, now), ring)
    taking.entries([arrival for arrival in batch if _kind(arrival).startswith("log/")])
    taking.others([arrival for arrival in batch if not _kind(arrival).startswith("log/")])
    return taking.finish()


def bury(sql: Sql, arrival: Arrival, reason: str, now: datetime) -> Outcome:
    """Keep a message as a dead letter, whatever it is."""
    taking = _Taking(Books(sql, now), Keyring())
    taking.bury(arrival, reason)
    return taking.finish()


class _Taking:
    def __init__(self, books: Books, ring: Keyring) -> None:
        self._books, self._ring = books, ring
        self._logs = Logs(books)
        self._outcome = Outcome()
        self._alarms: list[Alarm] = []

    def entries(self, batch: Sequence[Arrival]) -> None:
        coming = self._placed(batch)
        known = self._books.hashes(sorted({c.held.key for c in coming if c.held.sequence <= c.log.newest}))
        fresh, forks = [], []
        for one in coming:
            digest = known.get(one.held.key)
            if digest is None:
                fresh.append(one)
                known[one.held.key] = one.held.hash
            elif digest == one.held.hash:
                self._outcome.duplicates += 1
            else:
                forks.append(one)
        for key, digest in known.items():
            self._logs.remember(key, digest)
        self._check_chain(fresh, known)
        self._store(fresh, forks)
        for one in coming:
            one.log.cursor.add([one.held.sequence])
        for one in fresh:
            if one.held.kind != PUNCH:
                self._alarms += audits.effects(one.held, one.log, self._logs, self._books, self._ring)

    def others(self, batch: Iterable[Arrival]) -> None:
        for arrival in batch:
            try:
                self._alarms += gateways.take(arrival, _kind(arrival), self._logs, self._books, self._ring)
            except ContractError as error:
                self.bury(arrival, str(error))

    def bury(self, arrival: Arrival, reason: str) -> None:
        """It is none of the contract, and must not disappear."""
        digest = hashlib.sha256(arrival.topic.encode() + b"\0" + arrival.payload).digest()
        payload = arrival.payload
        self._books.bury(digest, arrival.topic, payload[:MOST_PAYLOAD], len(payload), reason[:500])
        self._outcome.dead += 1

    def finish(self) -> Outcome:
        self._outcome.logs = self._logs.close()
        if self._alarms:
            self._outcome.alarms = self._books.alarm(self._alarms)
        return self._outcome

    def _placed(self, batch: Sequence[Arrival]) -> list[_Coming]:
        """Each with its log; what belongs to none is buried."""
        readable = []
        for arrival in batch:
            try:
                readable.append((arrival, *arrived(arrival.topic, arrival.payload)))
            except ContractError as error:
                self.bury(arrival, str(error))
        self._logs.load(held.logid for *_, held in readable)
        coming = []
        for arrival, site, gateway, held in readable:
            log = self._logs.of(held.logid, site, gateway)
            if log is not None:
                coming.append(_Coming(held, arrival, log))
                continue
            self._alarms.append(gateways.elsewhere(held.logid, self._logs.get(held.logid), (site, gateway)))
            self.bury(arrival, f"logid: {held.logid} is the log of another gateway")
        return coming

    def _store(self, fresh: Sequence[_Coming], forks: Sequence[_Coming]) -> None:
        punches = [one.held for one in fresh if is_punch_of(one.held, one.log.site)]
        self._books.add([one.held for one in fresh], punches)
        for one in fresh:
            one.log.newest = max(one.log.newest, one.held.sequence)
            one.log.grown = True
            if site_of(one.held.event.source) != one.log.site:
                self._alarms.append(_foreign(one))
        if forks:
            self._books.add_forks([(one.held, one.arrival.topic) for one in forks])
            for one in forks:
                one.log.forked = True
                self._alarms.append(_forked(one))
        self._outcome.entries += len(fresh)
        self._outcome.forks += len(forks)

    def _check_chain(self, fresh: Sequence[_Coming], known: dict[tuple[str, int], str]) -> None:
        """Each against the one before where that is at hand; `verify` looks at all of them."""
        for one in fresh:
            logid, sequence = one.held.key
            through = one.log.cursor.through
            before = one.log.hash if sequence - 1 == through else known.get((logid, sequence - 1))
            if before is not None and before != one.held.event.prevhash:
                self._alarms.append(_broken(one))


def _kind(arrival: Arrival) -> str:
    return (topics.split(arrival.topic) or ("", "", ""))[2]


def _forked(one: _Coming) -> Alarm:
    name, logid, sequence = "/".join(one.log.place), *one.held.key
    said = f"{name}: entry {sequence} of {logid} came with two contents: a restored copy writes on, or a cloned card"
    return Alarm(f"forked {logid}", "forked", *one.log.place, logid, said)


def _broken(one: _Coming) -> Alarm:
    name, logid, sequence = "/".join(one.log.place), *one.held.key
    said = f"{name}: entry {sequence} of {logid} does not continue the one before: one of them was altered"
    return Alarm(f"broken {logid} {sequence}", "chain-broken", *one.log.place, logid, said)


def _foreign(one: _Coming) -> Alarm:
    name, source = "/".join(one.log.place), one.held.event.source[:80]
    said = f"{name} speaks for {source}, which is not of its office: not taken as a punch"
    return Alarm(f"foreign {one.held.logid} {source}", "foreign-source", *one.log.place, one.held.logid, said)
