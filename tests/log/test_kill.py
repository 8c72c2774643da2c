"""SIGKILL at any moment, again and again: nothing acknowledged is missing, nothing false is there, it opens always.

A forked child appends, seals, publishes, confirms and expires on one log, and says on a pipe what it was told; the
parent kills it, judges the log, and lets the next child go on.
"""

import os
import random
import select
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from contract.chain import entry_hash
from contract.entry import CHECKPOINT
from gateway.entries import Draft
from gateway.log.log import Log
from tests.log.logs import SOURCE, check_log, event, events, open_log, punches

LATE = "2999-01-01T00:00:00+00:00"


@dataclass
class Ledger:
    """What the children were told: `sequence` -> hash, how far they confirmed, the facts they offered."""

    recorded: dict[int, str] = field(default_factory=dict)
    confirmed: int = 0
    offered: int = 0

    def take(self, line: str) -> None:
        kind, *numbers = line.split()
        if kind == "recorded":
            self.recorded[int(numbers[0])] = numbers[1]
        elif kind == "confirming":
            self.confirmed = max(self.confirmed, int(numbers[0]))
        elif kind == "offering":
            self.offered = max(self.offered, int(numbers[0]))


def child(data: Path, pipe: int, seed: int, start: int) -> NoReturn:
    """Work until killed. Each line is written before or after the call it is about, never during."""
    pick = random.Random(seed)
    status = 1
    try:
        log = open_log(data, segment_bytes=3000)
        number = start
        while number < start + 4000:
            batch = range(number, number + pick.choice((1, 1, 1, 2, 7)))
            number = batch.stop
            _say(pipe, f"offering {number}")
            for entry in log.append(punches(*batch, *pick.sample(range(max(number, 1)), k=min(number, 2)))):
                _say(pipe, f"recorded {entry.sequence} {entry_hash(entry.raw)}")
            _tend(log, pipe, pick)
        status = 0
    finally:
        os._exit(status)


def _tend(log: Log, pipe: int, pick: random.Random) -> None:
    marks = log.marks()
    if pick.random() < 0.5:
        batch = log.unpublished(20)
        if batch:
            log.published(batch[-1].sequence)
    if pick.random() < 0.2 and marks.published > marks.confirmed:
        through = pick.randint(marks.confirmed + 1, marks.published)
        _say(pipe, f"confirming {through}")
        (entry,) = log.read(through - 1, 1)
        assert not log.ack(marks.logid, through, entry_hash(entry.raw), []).forked
    if pick.random() < 0.05:
        sealed = log.seal(_checkpoint)
        _say(pipe, f"recorded {sealed.sequence} {entry_hash(sealed.raw)}")
    if pick.random() < 0.05:
        log.keep_marks()
        log.expire(LATE)


def _checkpoint(logid: str, sequence: int, hash: str) -> Draft:
    return Draft(CHECKPOINT, SOURCE, {"logid": logid, "sequence": sequence, "hash": hash})


def _say(pipe: int, line: str) -> None:
    os.write(pipe, f"{line}\n".encode())


def run_and_kill(data: Path, ledger: Ledger, seed: int) -> None:
    """Let a child work until it has said a random number of lines, and a little longer, then kill it."""
    pick = random.Random(f"parent {seed}")
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        child(data, writing, seed, ledger.offered)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        received, wanted = b"", pick.choice((0, 1, 3, 10, 40))
        while received.count(b"\n") < wanted and (chunk := pipe.read(65536)):
            received += chunk
        select.select([pipe], [], [], pick.random() * 0.01)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        while chunk := pipe.read(65536):
            received += chunk
    assert os.WIFSIGNALED(status), "the child failed by itself"
    for line in received.decode().splitlines(keepends=True):
        if line.endswith("\n"):
            ledger.take(line)


def judge(data: Path, ledger: Ledger, logid: str) -> None:
    log = open_log(data, segment_bytes=3000)
    assert log.marks().logid == logid, "a kill is no reason for a new epoch"
    entries = check_log(log)
    held = {entry.sequence: entry_hash(entry.raw) for entry in entries}
    for sequence, told in ledger.recorded.items():
        if sequence > ledger.confirmed:
            assert held.get(sequence) == told, f"{sequence} was acknowledged"
        else:
            assert held.get(sequence, told) == told
    assert [e.sequence for e in entries] == list(range(log.marks().oldest, log.marks().next)), "a gap"
    assert log.marks().oldest <= ledger.confirmed + 1, "something unconfirmed was deleted"
    assert log.marks().confirmed <= ledger.confirmed
    numbers = [int(event(e.raw)["id"].split("-")[1]) for e in entries if e.kind == "punch"]
    assert all(0 <= number < ledger.offered + 8 for number in numbers), "something was never offered"
    assert not events(entries, "log-damaged")
    hashes = {f"{sequence} {digest}" for sequence, digest in held.items()}
    sealed = [event(e.raw)["data"] for e in entries[1:] if e.kind == CHECKPOINT]
    assert all(f"{data['sequence']} {data['hash']}" in hashes for data in sealed), "a checkpoint of something else"
    log.close()


def torture(data: Path, kills: int) -> None:
    log = open_log(data, segment_bytes=3000)
    logid = log.marks().logid
    log.close()
    ledger = Ledger()
    for seed in range(kills):
        run_and_kill(data, ledger, seed)
        judge(data, ledger, logid)
    assert len(ledger.recorded) > kills
    assert ledger.confirmed
    log = open_log(data, segment_bytes=3000)
    assert log.append(punches(*range(ledger.offered + 8)))
    assert not log.append(punches(*range(ledger.offered + 8))), "a fact of any age was recorded twice"
    check_log(log)


def test_a_hundred_kills(tmp_path: Path) -> None:
    torture(tmp_path, 100)


@pytest.mark.soak
def test_two_thousand_kills(tmp_path: Path) -> None:
    torture(tmp_path, 2000)
