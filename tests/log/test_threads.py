"""Several devices append while the forwarder reads and the centre confirms."""

import queue
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.log.log import Log
from tests.log.logs import check_log, event, facts, note, open_log, punch

WRITERS, EACH = 4, 150


class Crew:
    """Threads whose failures the test sees."""

    def __init__(self) -> None:
        self._failed: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def add(self, work: Callable[[], None]) -> None:
        """Start a thread that does `work`."""

        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - told by the main thread
                self._failed.put(error)

        self._threads.append(threading.Thread(target=guarded))
        self._threads[-1].start()

    def join(self) -> None:
        """Wait for all of them; fails as the first of them did."""
        for thread in self._threads:
            thread.join(60)
        assert self._failed.empty(), self._failed.get()
        assert not any(thread.is_alive() for thread in self._threads)


def _write(log: Log, device: int) -> None:
    for number in range(EACH):
        recorded = log.append([punch(number, source=f"/site/door-{device}"), note(f"{device} {number}")])
        assert len(recorded) == 2
        assert recorded[1].sequence == recorded[0].sequence + 1, "a batch is not divided"


def _forward(log: Log, done: threading.Event, delivered: list[Stored]) -> None:
    grown = threading.Event()
    log.watch(lambda _: grown.set())
    while not done.is_set() or log.unpublished(1):
        grown.wait(0.05)
        grown.clear()
        while batch := log.unpublished(20):
            delivered.extend(batch)
            log.published(batch[-1].sequence)


def _tend(log: Log, done: threading.Event) -> None:
    while not done.is_set():
        _confirm(log)
        log.expire("2000-01-01T00:00:00+00:00")
        log.pressure()
        list(log.replay(1, 30))


def test_writers_a_reader_and_an_acker(tmp_path: Path) -> None:
    log = open_log(tmp_path, segment_bytes=20_000)
    delivered: list[Stored] = []
    done = threading.Event()
    writers, others = Crew(), Crew()
    for device in range(WRITERS):
        writers.add(partial(_write, log, device))
    others.add(partial(_forward, log, done, delivered))
    others.add(partial(_tend, log, done))
    try:
        writers.join()
    finally:
        done.set()
        others.join()
    entries = check_log(log)
    assert delivered == entries
    for device in range(WRITERS):
        mine = [e for e in entries if event(e.raw)["source"] == f"/site/door-{device}"]
        assert facts(mine) == [f"fact-{n}" for n in range(EACH)], "the order of a device is kept"


def _confirm(log: Log) -> None:
    marks = log.marks()
    entries = log.read(marks.published - 1, 1) if marks.published else []
    if entries:
        entry = entries[0]
        assert not log.ack(marks.logid, entry.sequence, entry_hash(entry.raw), []).forked


def test_whoever_watches_hears_of_new_entries_and_of_nothing_else(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    heard: list[int] = []
    log.watch(heard.append)
    log.append([note("one"), note("two")])
    assert heard == [log.marks().next - 1]
    log.append([punch(1)])
    log.append([punch(1)])  # known by now
    log.read(0, 10)
    log.published(2)
    assert heard == [log.marks().next - 2, log.marks().next - 1]


def test_whoever_watches_hears_of_another_epoch(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    stored = log.append([note("one")])[0]
    heard: list[int] = []
    log.watch(heard.append)
    assert log.ack(log.marks().logid, stored.sequence, "f" * 64, []).forked
    assert heard[-1] == log.marks().next - 1


def test_the_numbers_of_another_epoch_are_never_mixed(tmp_path: Path) -> None:
    """A forwarder takes batches while the centre contradicts again and again: it skips nothing of the last epoch."""
    log = open_log(tmp_path)
    log.append([punch(number) for number in range(20)])
    stop = threading.Event()
    published: set[str] = set()

    def read() -> None:
        while not stop.is_set():
            batch = log.unpublished(50)
            (logid,) = {event(e.raw)["logid"] for e in batch}
            assert batch[0].sequence == 1 or logid in published, "the mark of one epoch, the entries of another"

    crew = Crew()
    crew.add(read)
    for _ in range(60):
        logid = log.marks().logid
        published.add(logid)
        log.published(10)
        assert log.ack(logid, 10**6, "ab" * 32, []).forked
    stop.set()
    crew.join()
    check_log(log)
