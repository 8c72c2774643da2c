"""A checkpoint stands right behind the entry that it speaks of, whatever the log does of its own just then."""

import errno
from pathlib import Path

import pytest

from contract.chain import entry_hash
from contract.entry import CHECKPOINT
from gateway.entries import Draft, Stored
from gateway.errors import LogError
from gateway.log.log import Log
from tests.log.damage import make
from tests.log.disks import FaultyDisk
from tests.log.logs import SOURCE, check_log, event, events, everything, note, open_log, punches


def seal(log: Log) -> Stored:
    """A checkpoint that says what it was told of the newest entry."""

    def draft(logid: str, sequence: int, hash: str) -> Draft:
        return Draft(CHECKPOINT, SOURCE, {"logid": logid, "sequence": sequence, "hash": hash, "signature": "-"})

    return log.seal(draft)


def check(log: Log, sealed: Stored) -> None:
    """It speaks of the entry just before it."""
    data = event(sealed.raw)["data"]
    (before,) = log.read(sealed.sequence - 2, 1)
    assert (data["logid"], data["sequence"]) == (log.marks().logid, before.sequence)
    assert data["hash"] == entry_hash(before.raw) == event(sealed.raw)["prevhash"]


def test_of_the_newest_entry(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    check(log, seal(log))
    for number in range(30):
        log.append(punches(number))
        check(log, seal(log))
    check_log(log)


def test_while_room_is_made_for_it(tmp_path: Path) -> None:
    """Retention deletes and tells so in an entry of its own: not between the two."""
    log = open_log(tmp_path, max_bytes=10_000)
    while log.size() < 10_000 + 256 * 1024:  # what stays for entries that are no punches is used up too
        log.append([note("x")] * 50)
    end = log.marks().next - 1
    log.ack(log.marks().logid, end, entry_hash(log.read(end - 1, 1)[0].raw), [])
    check(log, seal(log))
    assert events(everything(log), "log-expired")
    check_log(log)


def test_nothing_is_written_after_close(tmp_path: Path) -> None:
    """Not even the new epoch that was due and could not be opened."""
    copy = make(tmp_path, entries=30, published=30)
    for path in copy.segments()[-2:]:
        path.unlink()
        path.with_suffix(".idx").unlink(missing_ok=True)
    disk = FaultyDisk(at=4, code=errno.ENOSPC, lasting=True)
    log = open_log(tmp_path, disk)
    log.close()
    disk.heal()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(LogError, match="closed"):
        seal(log)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
