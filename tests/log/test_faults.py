"""A disk that refuses: append says so and nothing else, goes on when it may, and nothing it promised is missing."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway.errors import LogUnwritable
from gateway.log.disk import Disk
from tests.log.damage import make
from tests.log.disks import BadSectors, FaultyDisk, UnsyncedDisk
from tests.log.life import DRAFTS, Life, script
from tests.log.logs import check_log, event, events, everything, facts, lost, open_log, punches, segments

CODES = (errno.ENOSPC, errno.EIO, errno.EROFS)


def steps() -> int:
    """How many operations the scripted life takes."""
    with tempfile.TemporaryDirectory() as folder:
        disk = FaultyDisk()
        script(Life(Path(folder), disk))
        return disk.count


class Healing(Life):
    """Heals a lasting refusal when it has been met three times."""

    disk: FaultyDisk

    def refused(self) -> None:
        super().refused()
        if self.refusals >= 3:
            self.disk.heal()


def live(data: Path, at: int, code: int, *, lasting: bool) -> None:
    """The whole script on a disk that refuses operation `at`, then everything once more on a sound one."""
    life = Healing(data, FaultyDisk(at, code, lasting=lasting))
    script(life)
    assert life.disk.refused or at > life.disk.count
    life.disk.heal()
    life.open()
    life.promises.check(life.log)
    life.log.append(DRAFTS)
    check_log(life.log)
    life.close()
    log = open_log(data, UnsyncedDisk())
    life.promises.check(log)
    assert not log.append(DRAFTS), "everything was recorded, and is known"
    log.close()
    shutil.rmtree(data)


@pytest.mark.parametrize("lasting", [False, True])
def test_every_operation(quick_path: Path, lasting: bool) -> None:
    for at in range(1, steps() + 1):
        live(quick_path / str(at), at, CODES[at % 3], lasting=lasting)


@pytest.mark.soak
@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("code", CODES)
def test_every_operation_with_every_error(quick_path: Path, code: int, lasting: bool) -> None:
    for at in range(1, steps() + 1):
        live(quick_path / str(at), at, code, lasting=lasting)


def test_two_refusals(tmp_path: Path) -> None:
    """The write fails, and so does taking it back: what was half written must not come between."""
    disk = FaultyDisk()
    log = open_log(tmp_path, disk)
    log.append(punches(1, 2))
    life = Healing(tmp_path / "x", disk)
    life._log = log
    disk.at, disk.lasting = disk.count + 2, True
    life.append(3)
    life.append(4)
    assert facts(check_log(log)) == ["fact-1", "fact-2", "fact-3", "fact-4"]
    log.close()
    log = open_log(tmp_path)
    assert facts(check_log(log)) == ["fact-1", "fact-2", "fact-3", "fact-4"]
    assert not lost(everything(log))


class TestRefusedEpoch:
    """The centre contradicts, and the disk refuses any one operation of opening the new epoch."""

    def _refuse(self, data: Path, at: int) -> bool:
        """Whether there was such an operation."""
        disk = FaultyDisk()
        log = open_log(data, disk)
        log.append(punches(1, 2, 3))
        disk.at = disk.count + at
        logid = log.marks().logid
        try:
            assert log.ack(logid, 99, "ab" * 32, []).forked
        except LogUnwritable:
            assert disk.refused
        disk.heal()
        assert not list(data.glob("log/*.new")), "half an epoch takes room"
        assert log.append(punches(4))
        held = facts(check_log(log))
        log.close()
        log = open_log(data, disk)
        assert facts(check_log(log)) == held == ["fact-1", "fact-2", "fact-3", "fact-4"]
        if log.marks().logid == logid:
            assert log.ack(logid, 99, "ab" * 32, []).forked, "the next watermark tries again"
        log.close()
        return disk.refused > 0

    def test_what_is_recorded_afterwards_is_in_the_epoch_that_counts(self, quick_path: Path) -> None:
        at = 1
        while self._refuse(quick_path / str(at), at):
            at += 1
        assert at > 10

    def test_a_full_disk_at_the_start(self, quick_path: Path) -> None:
        """Entries are gone and no new epoch can be begun: what is held can be delivered, nothing can be recorded."""
        copy = make(quick_path, entries=30, published=30)
        for path in copy.segments()[-2:]:
            path.unlink()
            path.with_suffix(".idx").unlink(missing_ok=True)
        disk = FaultyDisk(at=1, code=errno.ENOSPC, lasting=True)
        disk.at = 4  # the folder, its name and those in it
        log = open_log(quick_path, disk)
        assert log.unpublished(5) == []
        log.republish(0)
        assert log.unpublished(5) == copy.entries[:5]
        with pytest.raises(LogUnwritable):
            log.append(punches(900))
        disk.heal()
        assert log.append(punches(900))
        assert log.marks().logid != event(copy.entries[0].raw)["logid"]
        check_log(log)


def test_retention_while_no_new_segment_can_be_made(quick_path: Path) -> None:
    """All is confirmed and old, the newest segment is full, the next one is refused: where the log ends stays."""
    disk = FaultyDisk(code=errno.ENOSPC, only="open_append", lasting=True)
    log = open_log(quick_path, disk)
    for number in range(2, 22):
        log.append(punches(number))
    newest = sorted(quick_path.glob("log/*/*.log"))[-1]
    number = 100
    while newest.stat().st_size < 2000:
        log.append(punches(number := number + 1))
    end = log.marks().next - 1
    log.ack(log.marks().logid, end, entry_hash(log.read(end - 1, 1)[0].raw), [])
    disk.at = disk.count + 2  # the index still can
    with pytest.raises(LogUnwritable):
        log.append(punches(900))
    assert disk.refused
    assert newest.with_suffix(".idx").exists()
    assert log.expire("2999-01-01T00:00:00+00:00") > 2
    log.close()
    log = open_log(quick_path)
    assert not lost(check_log(log))
    assert log.append(punches(901))[0].sequence > end
    entries = check_log(log)
    assert not events(entries, "log-damaged")


def test_old_segments_stay_while_nobody_could_tell_why_they_are_gone(quick_path: Path) -> None:
    """The marks that say they are confirmed cannot be written, and then the current fails: no loss is told."""
    disk = FaultyDisk(only="rename")
    log = open_log(quick_path / "data", disk)
    for number in range(2, 42):
        log.append(punches(number))
    log.keep_marks()
    end = log.marks().next - 1
    disk.at, disk.lasting = disk.count + 1, True
    log.ack(log.marks().logid, end, entry_hash(log.read(end - 1, 1)[0].raw), [])
    assert log.expire("2999-01-01T00:00:00+00:00") == 0
    shutil.copytree(quick_path / "data", quick_path / "cut")
    disk.heal()
    assert log.expire("2999-01-01T00:00:00+00:00") > 2
    log.close()
    log = open_log(quick_path / "cut")
    assert not events(check_log(log), "log-damaged")
    log.close()


class TestBadSectors:
    def test_an_unreadable_sector_costs_what_is_in_it(self, tmp_path: Path) -> None:
        copy = make(tmp_path, entries=100)
        disk = BadSectors()
        path = copy.segments()[3]
        disk.spoil(path, range(1))
        log = open_log(tmp_path, disk)
        held = {e.sequence for e in everything(log)}
        gone = {e.sequence for e in copy.entries} - held
        assert gone
        assert gone <= set(range(int(path.stem), int(copy.segments()[4].stem)))
        assert lost(check_log(log, gaps=gone)) == gone
        log.append(punches(900))
        log.close()

    def test_large_segment(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, segment_bytes=1 << 20)
        log.append(punches(*range(400)))
        log.close()
        (path,) = (tmp_path / "log").glob("*/*.log")
        disk = BadSectors()
        disk.spoil(path, range(5, 7))
        log = open_log(tmp_path, disk, segment_bytes=1 << 20)
        entries = everything(log)
        assert 300 < len(facts(entries)) < 400
        gone = set(range(1, 402)) - {e.sequence for e in entries if e.sequence <= 401}
        assert lost(entries) == gone
        log.close()

    def test_the_state_file(self, tmp_path: Path) -> None:
        make(tmp_path, entries=10, published=5)
        disk = BadSectors()
        disk.spoil(tmp_path / "state.json", range(1))
        log = open_log(tmp_path, disk)
        assert log.marks().published == 0
        assert len(check_log(log)) == 10

    def test_while_it_runs(self, tmp_path: Path) -> None:
        disk = BadSectors()
        log = open_log(tmp_path, disk)
        for number in range(30):
            log.append(punches(number))
        path = sorted((tmp_path / "log").glob("*/*.log"))[-1]
        disk.spoil(path, range(1))
        everything(log)
        log.append(punches(900))
        assert facts(everything(log))[-1] == "fact-900"
        assert lost(everything(log)) == set(range(int(path.stem), 32))


def test_append_returns_when_the_system_says_that_the_medium_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that was written is synced with the system's own calls by then, and so is the name of its file."""
    synced: dict[str, int] = {}

    def note(fd: int) -> None:
        synced[str(Path(f"/proc/self/fd/{fd}").readlink())] = os.fstat(fd).st_size

    monkeypatch.setattr(os, "fdatasync", note)
    monkeypatch.setattr(os, "fsync", note)
    log = open_log(tmp_path)
    for number in range(2, 12):
        synced.clear()
        before = len(segments(tmp_path / "log"))
        log.append(punches(number))
        newest = segments(tmp_path / "log")[-1]
        assert synced[str(newest)] == newest.stat().st_size
        assert (str(newest.parent) in synced) == (len(segments(tmp_path / "log")) > before)
    assert len(segments(tmp_path / "log")) > 2
    log.close()


def test_a_disk_is_what_the_system_gives(tmp_path: Path) -> None:
    """The real one writes all of it, however the system divides it, and replaces files as a whole."""
    disk = Disk()
    path = tmp_path / "file"
    fd = disk.open_append(path, create=True)
    disk.write(fd, b"a" * 3_000_000)
    disk.sync(fd)
    disk.close(fd)
    assert disk.read(path) == b"a" * 3_000_000
    disk.write_file(path, b"b")
    assert disk.read(path) == b"b"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert event(b"{}") == {}
