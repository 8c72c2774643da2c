"""An fsynced append and what it writes, against SQLite (WAL, synchronous=FULL), with the stock ways beside it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import persistqueue
from tinydb import TinyDB

from bench.material import draft, fill, folder, open_log, raw
from bench.report import Row, median

ROUNDS = 5
EACH = 200


class Sqlite:
    """The peer: one table, one commit an entry."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("CREATE TABLE entry (sequence INTEGER PRIMARY KEY, raw BLOB NOT NULL)")

    def fill(self, count: int) -> None:
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO entry (raw) VALUES (?)", ((raw(n),) for n in range(count)))
        self.db.execute("COMMIT")

    def append(self, number: int) -> None:
        self.db.execute("INSERT INTO entry (raw) VALUES (?)", (raw(number),))


def rows(*, quick: bool) -> Iterator[Row]:
    """Medians of interleaved rounds, so that a slow moment of the disk hits both."""
    sizes = (0, 10_000) if quick else (0, 10_000, 100_000)
    ours_at: dict[int, float] = {}
    for size in sizes:
        with folder() as place:
            log, peer = open_log(place / "ours"), Sqlite(place / "peer.db")
            fill(log, size)
            peer.fill(size)
            ours, theirs = _race(lambda n, log=log: log.append([draft(n)]), peer.append, size)  # type: ignore[misc]
            log.close()
        ours_at[size] = ours
        yield Row(f"fsynced append, {size:,} buffered", ours, "ms", "SQLite WAL FULL", theirs, at_most=1.5)
    largest = sizes[-1]
    peer_name = "ours at 0 buffered"
    yield Row(f"fsynced append at {largest:,}", ours_at[largest], "ms", peer_name, ours_at[0], at_most=1.2)
    yield from _stock(quick=quick)
    yield from _written()


def _race(ours: Callable[[int], object], theirs: Callable[[int], object], start: int) -> tuple[float, float]:
    """Median milliseconds of one append each."""
    times: tuple[list[float], list[float]] = ([], [])
    number = start
    for _ in range(ROUNDS):
        for append, spent in zip((ours, theirs), times, strict=True):
            for _ in range(EACH):
                number += 1
                before = time.perf_counter()
                append(number)
                spent.append((time.perf_counter() - before) * 1000)
    return median(times[0]), median(times[1])


def _stock(*, quick: bool) -> Iterator[Row]:
    """What people use instead, for the record: neither is asked to meet a budget."""
    for size in (0, 1_000) if quick else (0, 1_000, 10_000):
        with folder() as place:
            log, db = open_log(place / "ours"), TinyDB(place / "stock.json")
            fill(log, size)
            db.insert_multiple({"raw": raw(n).decode()} for n in range(size))
            ours = _time(lambda n, log=log: log.append([draft(n)]), 20, size)  # type: ignore[misc]
            theirs = _time(lambda n, db=db: db.insert({"raw": raw(n).decode()}), 20, size)  # type: ignore[misc]
            log.close()
            db.close()
        yield Row(f"append, {size:,} buffered", ours, "ms", "stock TinyDB (can lose all)", theirs)
    with folder() as place:
        log, queue = open_log(place / "ours"), persistqueue.SQLiteAckQueue(str(place / "pq"), auto_commit=True)
        ours = _time(lambda n: log.append([draft(n)]), 200, 0)
        theirs = _time(lambda n: queue.put(raw(n)), 200, 0)
        log.close()
    yield Row("append, empty", ours, "ms", "persist-queue SQLiteAckQueue", theirs)


def _time(append: Callable[[int], object], count: int, start: int) -> float:
    spent = []
    for number in range(start, start + count):
        before = time.perf_counter()
        append(number)
        spent.append((time.perf_counter() - before) * 1000)
    return median(spent)


def _written() -> Iterator[Row]:
    """Bytes handed to the kernel for 5,000 single appends, with indexes and marks, against the entries' own size."""
    count = 5000
    size = len(raw(1)) + 1
    with folder() as place:
        log = open_log(place / "ours")
        before = _wchar()
        for number in range(count):
            log.append([draft(number)])
            log.published(number)
        log.keep_marks()
        ours = (_wchar() - before) / count / size
        log.close()
        peer = Sqlite(place / "peer.db")
        before = _wchar()
        for number in range(count):
            peer.append(number)
        theirs = (_wchar() - before) / count / size
    yield Row("bytes written per entry / its size", ours, "×", at_most=1.3)
    yield Row("bytes written per entry / its size", ours, "×", "SQLite WAL FULL", theirs)


def _wchar() -> int:
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    raise RuntimeError("/proc/self/io has no wchar")
