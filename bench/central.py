"""The centre end to end: publishers, mosquitto, `ketuk central run`, COMMIT, watermark, all of it on this machine.

The ceiling is a loop that writes the same entries in the same batches by the same code, with no broker. Beside it, for
the record, a loop that only inserts the bytes. Rounds alternate, so that a slow moment of the machine hits all of them.
"""

import multiprocessing as mp
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench.material import folder
from bench.offices import in_turn, office, publish
from bench.report import Row, median
from bench.watched import Watched
from central.config import Ingest, Partition
from central.ingest.arrival import Arrival
from central.ingest.keeper import Keeper
from central.keyring import Keyring
from central.proof.database import verify
from central.store import open_database
from tests.brokers import Mosquitto
from tests.postgres import Cluster

KNOWN = 1000
WRITING = 20
PUBLISHERS = 2
ROUNDS = 3
BATCH = Ingest().batch


def rows(*, quick: bool) -> Iterator[Row]:
    """Entries a second; resident memory; verification. First SQLite, then Debian's PostgreSQL."""
    count = (4_000 if quick else 20_000) // WRITING
    chains = [office(number, count) for number in range(WRITING)]
    entries = list(in_turn(chains))
    with folder() as place, Cluster() as cluster:
        yield from _of("SQLite", lambda name: f"sqlite:{place / name}.db", place, entries)
        yield from _of("PostgreSQL", lambda _: cluster.url(cluster.database()), place, entries)


def _of(kind: str, url: Callable[[str], str], place: Path, entries: Sequence[Arrival]) -> Iterator[Row]:
    ours, ceiling, plain, memory = [], [], [], []
    for number in range(ROUNDS):
        rate, size = _end_to_end(url(f"ours{number}"), place / f"{kind}{number}", len(entries) // WRITING)
        ours.append(rate)
        memory.append(size)
        last = url(f"loop{number}")
        ceiling.append(_loop(last, entries))
        plain.append(_inserts(url(f"plain{number}"), entries))
    yield Row(f"centre, {kind}, end to end", median(ours), "entries/s", at_least=3000)
    peer = f"the same batches of {BATCH}, no broker"
    yield Row(f"centre, {kind}, end to end", median(ours), "entries/s", peer, median(ceiling), at_least=0.5)
    yield Row(f"centre, {kind}, end to end", median(ours), "entries/s", "bytes alone inserted", median(plain))
    yield Row(f"centre, {kind}, resident, {KNOWN:,} gateways", max(memory), "MB", at_most=150)
    yield Row(f"verify, {kind}", median([_verified(last) for _ in range(3)]), "entries/s", at_least=50_000)


def _end_to_end(url: str, place: Path, count: int) -> tuple[float, float]:
    """Entries a second from the first publish to the last watermark; megabytes at most."""
    spawn = mp.get_context("spawn")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(place, extra="max_queued_messages 0"))
        centre = stack.enter_context(Watched(place, broker, url))
        lines = []
        for part in range(PUBLISHERS):
            line, theirs = spawn.Pipe()
            numbers = list(range(part, WRITING, PUBLISHERS))
            process = spawn.Process(target=publish, args=(broker.port, numbers, count, theirs), daemon=True)
            process.start()
            stack.callback(process.terminate)
            lines.append(line)
        for line in lines:
            line.recv()
        centre.meet([office(number) for number in range(KNOWN)])
        before = time.perf_counter()
        for line in lines:
            line.send("go")
        centre.confirmed([office(number).logid for number in range(WRITING)], count)
        return WRITING * count / (time.perf_counter() - before), centre.resident_mb()


def _loop(url: str, entries: Sequence[Arrival]) -> float:
    database = open_database(url)
    keeper = Keeper(database, Keyring(), Partition())
    keeper.ready()
    before = time.perf_counter()
    for first in range(0, len(entries), BATCH):
        keeper.take(entries[first : first + BATCH])
    spent = time.perf_counter() - before
    database.close()
    return len(entries) / spent


def _inserts(url: str, entries: Sequence[Arrival]) -> float:
    """One table of one column and a commit a batch: what nobody can go below who keeps the bytes."""
    batches = [[(e.payload,) for e in entries[n : n + BATCH]] for n in range(0, len(entries), BATCH)]
    if url.startswith("sqlite:"):
        with sqlite3.connect(url.removeprefix("sqlite:"), isolation_level=None) as lite:
            lite.execute("PRAGMA journal_mode=WAL")
            lite.execute("PRAGMA synchronous=FULL")
            lite.execute("CREATE TABLE plain (raw BLOB NOT NULL)")
            before = time.perf_counter()
            for batch in batches:
                lite.execute("BEGIN IMMEDIATE")
                lite.executemany("INSERT INTO plain VALUES (?)", batch)
                lite.execute("COMMIT")
            return len(entries) / (time.perf_counter() - before)
    with psycopg.connect(url, autocommit=True) as big, big.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (raw bytea NOT NULL)")
        before = time.perf_counter()
        for batch in batches:
            with big.transaction():
                cursor.executemany("INSERT INTO plain VALUES (%s)", batch)
        return len(entries) / (time.perf_counter() - before)


def _verified(url: str) -> float:
    """Of what the loop left."""
    database = open_database(url)
    before = time.perf_counter()
    findings = verify(database, Keyring())
    spent = time.perf_counter() - before
    database.close()
    return sum(log.entries for log in findings.logs) / spent
