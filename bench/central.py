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
from typing import NamedTuple

import psycopg

from bench.material import folder
from bench.offices import in_turn, keyring, office, publish
from bench.processor import seconds
from bench.report import Row, median
from bench.watched import Watched
from central.config import Ingest, Partition
from central.ingest.arrival import Arrival
from central.ingest.keeper import Keeper
from central.proof import parallel
from central.proof.database import verify
from central.store import open_database
from tests.brokers import Mosquitto
from tests.postgres import Cluster

KNOWN = 1000
WRITING = 20
PUBLISHERS = 2
ROUNDS = 3
GOAL = 3000
"""Entries a second."""
BATCH = Ingest().batch


class _Run(NamedTuple):
    """One way from end to end."""

    rate: float
    """Entries a second, from the first publish to the last watermark."""
    resident_mb: float
    """Of the centre, at most."""
    own_us: float
    """Microseconds of processor time an entry: the centre's own, with its database where that is in it."""
    all_us: float
    """The same with publishers, broker and PostgreSQL."""


def rows(*, quick: bool) -> Iterator[Row]:
    """Entries a second, processor time, resident memory, verification; SQLite, then Debian's PostgreSQL."""
    count = (4_000 if quick else 20_000) // WRITING
    entries = list(in_turn([office(number, count) for number in range(WRITING)]))
    with folder() as place, Cluster() as cluster:
        yield from _of("SQLite", lambda name: f"sqlite:{place / name}.db", place, entries, lambda: 0.0)
        yield from _of("PostgreSQL", lambda _: cluster.url(cluster.database()), place, entries, cluster.processor_s)


def _of(
    kind: str, url: Callable[[str], str], place: Path, entries: Sequence[Arrival], server: Callable[[], float]
) -> Iterator[Row]:
    runs, ceiling, plain = [], [], []
    for number in range(ROUNDS):
        runs.append(_end_to_end(url(f"ours{number}"), place / f"{kind}{number}", len(entries) // WRITING, server))
        ceiling.append(_loop(url(f"loop{number}"), entries))
        plain.append(_inserts(url(f"plain{number}"), entries))
    ours, what = median([run.rate for run in runs]), f"centre, {kind}"
    yield Row(f"{what}, end to end", ours, "entries/s", at_least=GOAL)
    peer = f"same batches of {BATCH}, no broker"
    yield Row(f"{what}, end to end", ours, "entries/s", peer, median(ceiling), at_least=0.5)
    yield Row(f"{what}, end to end", ours, "entries/s", "bytes alone inserted", median(plain))
    yield Row(f"{what}, processor, itself", median([run.own_us for run in runs]), "µs/entry")
    spent = median([run.all_us for run in runs])
    yield Row(f"{what}, processor, all of it, two cores", spent, "µs/entry", at_most=2e6 / GOAL)
    yield Row(f"{what}, resident, {KNOWN:,} gateways", max(run.resident_mb for run in runs), "MB", at_most=150)
    yield from _verification(kind, url("full"), 40_000 if len(entries) < 20_000 else 400_000)


def _verification(kind: str, url: str, count: int) -> Iterator[Row]:
    """Of WRITING logs as they come from the hands of the ingester, by as many processes as `ketuk central verify`."""
    for number in range(WRITING):
        _loop(url, office(number, count // WRITING).messages(), 2000)
    rates = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        findings = parallel.verify(url, 10.0, keyring(WRITING), lambda _: None, parallel.processes(count))
        rates.append(count / (time.perf_counter() - before))
        if findings.wrong or len(findings.logs) != WRITING:
            raise RuntimeError("the bench's own entries do not hold")
    database, used = open_database(url), time.process_time()
    verify(database, keyring(WRITING), ("site-0000", "gw1"))
    used = time.process_time() - used
    database.close()
    yield Row(f"verify, {kind}, {count:,} entries", median(rates), "entries/s", at_least=50_000)
    yield Row(f"verify, {kind}, processor, itself", used / (count // WRITING) * 1e6, "µs/entry")


def _end_to_end(url: str, place: Path, count: int, server: Callable[[], float]) -> _Run:
    spawn = mp.get_context("spawn")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(place, extra="max_queued_messages 0"))
        centre = stack.enter_context(Watched(place, broker, url))
        lines, pids = [], [centre.pid, broker.pid]
        for part in range(PUBLISHERS):
            line, theirs = spawn.Pipe()
            numbers = list(range(part, WRITING, PUBLISHERS))
            process = spawn.Process(target=publish, args=(broker.port, numbers, count, theirs), daemon=True)
            process.start()
            stack.callback(process.terminate)
            lines.append(line)
            pids.append(process.pid or 0)
        for line in lines:
            line.recv()
        centre.meet([office(number) for number in range(KNOWN)])
        before, own, others = time.perf_counter(), seconds([centre.pid]), seconds(pids) + server()
        for line in lines:
            line.send("go")
        centre.confirmed([office(number).logid for number in range(WRITING)], count)
        spent, entries = time.perf_counter() - before, WRITING * count
        own, others = seconds([centre.pid]) - own, seconds(pids) + server() - others
        return _Run(entries / spent, centre.resident_mb(), own / entries * 1e6, others / entries * 1e6)


def _loop(url: str, entries: Sequence[Arrival], batch: int = BATCH) -> float:
    database = open_database(url)
    keeper = Keeper(database, keyring(WRITING), Partition())
    keeper.ready()
    before = time.perf_counter()
    for first in range(0, len(entries), batch):
        keeper.take(entries[first : first + batch])
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
