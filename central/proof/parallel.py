"""The same verification by as many processes as there are processors, each with one gateway after another.

Each gateway is seen as it is at one moment, and not all of them at the same one.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from central.keyring import Keyring, Place
from central.proof import database as proof
from central.proof.database import Progress
from central.proof.findings import Findings
from central.store import open_database
from central.store.database import Database

WORTH_IT = 200_000
"""Entries from which on it saves more than the processes take to start."""

_mine: tuple[Database, Keyring] | None = None
"""What a process works with."""


def processes(entries: int) -> int:
    """How many to verify so many entries with."""
    return os.cpu_count() or 1 if entries >= WORTH_IT else 1


def verify(url: str, slow_s: float, ring: Keyring, progress: Progress, workers: int) -> Findings:
    """All logs of the database. Raises StoreError."""
    database, findings = open_database(url, slow_s=slow_s), Findings()
    try:
        for part in _parts(url, slow_s, ring, proof.places(database), workers):
            findings.logs += part.logs
            findings.keys += part.keys
            progress(sum(log.entries for log in part.logs))
        proof.finish(database, findings, None)
    finally:
        database.close()
    return findings


def _parts(url: str, slow_s: float, ring: Keyring, places: list[Place], workers: int) -> Iterator[Findings]:
    # Spawned: a fork would share the connection, and locks that another thread of ours holds at that moment.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (url, slow_s, ring)) as pool:
        yield from pool.map(_part, places)


def _begin(url: str, slow_s: float, ring: Keyring) -> None:
    global _mine  # noqa: PLW0603 - that is how a pool hands over what is the same for all tasks
    _mine = open_database(url, slow_s=slow_s), ring


def _part(place: Place) -> Findings:
    assert _mine is not None  # noqa: S101 - `_begin` saw to it
    return proof.part(*_mine, place)
