"""`verify` finds whatever is not as it was written, and is silent about what is."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway.log.disk import Disk
from gateway.log.scan import scan_segment
from gateway.log.sealed import from_scan, write_index
from gateway.log.verify import Report, verify
from gateway.log.view import look
from tests.log.damage import Copy, flip, forge, lines, make, reopened, replace_line, rewrite
from tests.log.logs import event, everything, open_log, punches


@pytest.fixture(scope="module")
def original(quick_module_path: Path) -> Copy:
    return make(quick_module_path, published=20)


@pytest.fixture
def copy(original: Copy, quick_path: Path) -> Copy:
    return original.to(quick_path / "copy")


def report_of(copy: Copy) -> Report:
    view = look(copy.data)
    return verify(view.epochs[-1], present=True, marks=view.read_marks)


class TestWhole:
    def test_it_says_what_there_is(self, copy: Copy) -> None:
        report = report_of(copy)
        assert report.ok
        assert (report.entries, report.first, report.last) == (24, 1, 24)
        assert report.hash == entry_hash(copy.entries[-1].raw)
        assert report.first_time == event(copy.entries[0].raw)["recordedtime"]
        assert report.last_time == event(copy.entries[-1].raw)["recordedtime"]
        assert (report.published, report.confirmed, report.deleted) == (20, 0, 0)
        assert not report.notes

    def test_progress_is_told_of_every_byte(self, copy: Copy) -> None:
        steps: list[int] = []
        view = look(copy.data)
        verify(view.epochs[0], present=True, progress=steps.append)
        assert sum(steps) == view.epochs[0].size() == sum(path.stat().st_size for path in copy.segments())

    def test_after_retention(self, copy: Copy) -> None:
        with reopened(copy) as log:
            log.ack(log.marks().logid, 20, entry_hash(copy.entries[19].raw), [])
            assert log.expire("2999-01-01T00:00:00+00:00")
            oldest = log.marks().oldest
        report = report_of(copy)
        assert report.ok, report
        assert (report.first, report.deleted) == (oldest, oldest - 1)

    def test_after_a_fork_both_epochs_are(self, copy: Copy) -> None:
        with reopened(copy) as log:
            assert log.ack(log.marks().logid, 99, "ab" * 32, []).forked
        view = look(copy.data)
        reports = [verify(e, present=e is view.present, marks=view.read_marks) for e in view.epochs]
        assert [report.ok for report in reports] == [True, True], reports

    def test_an_older_epoch_that_retention_emptied(self, copy: Copy) -> None:
        with reopened(copy) as log:
            assert log.ack(log.marks().logid, 99, "ab" * 32, []).forked
            log.expire("2999-01-01T00:00:00+00:00")
        view = look(copy.data)
        old = verify(view.epochs[0], present=False)
        assert old.ok
        assert (old.entries, old.first, old.deleted) == (0, None, 24)

    @pytest.mark.parametrize("cut", [1, 20, 200])
    def test_a_torn_tail_is_harmless(self, copy: Copy, cut: int) -> None:
        newest = copy.segments()[-1]
        (copy.data / "state.json").unlink()
        newest.write_bytes(newest.read_bytes()[:-cut])
        report = report_of(copy)
        assert report.ok
        assert any("torn tail" in note for note in report.notes)

    def test_missing_and_old_indexes_are_harmless(self, copy: Copy) -> None:
        copy.segments()[1].with_suffix(".idx").unlink()
        report = report_of(copy)
        assert report.ok
        assert any(".idx" in note for note in report.notes)

    def test_bad_files_are_named(self, copy: Copy) -> None:
        flip(copy.segments()[1], lines(copy.segments()[1])[1].offset + 50)
        with reopened(copy) as log:
            everything(log)
        (aside,) = copy.folder.glob("*.bad")
        assert any(aside.name in note for note in report_of(copy).notes)


class TestWrong:
    @pytest.mark.parametrize("segment", [0, 1, -2, -1])
    @pytest.mark.parametrize("index", [True, False])
    @pytest.mark.parametrize("how", [forge, rewrite])
    def test_an_altered_entry(self, copy: Copy, segment: int, index: bool, how: Callable[..., None]) -> None:
        path = copy.segments()[segment]
        if not index:
            path.with_suffix(".idx").unlink(missing_ok=True)
        how(path, 1, b'"direction":"in"', b'"direction":"no"')
        report = report_of(copy)
        newest = segment == -1
        if newest and how is rewrite:
            assert report.ok, "without the centre nobody can tell"
            return
        first = int(path.stem)
        at = first + 1 if how is forge else first + len(lines(path)) - 1
        assert (at, at + 1) in report.altered
        assert not report.ok

    @pytest.mark.parametrize("segment", [0, 1, -2])
    def test_the_last_entry_of_a_segment(self, copy: Copy, segment: int) -> None:
        path = copy.segments()[segment]
        forge(path, len(lines(path)) - 1, b'"direction":"in"', b'"direction":"no"')
        last = int(path.stem) + len(lines(path)) - 1
        assert report_of(copy).altered == [(last, last + 1)]

    @pytest.mark.parametrize("segment", [0, 1, -2])
    @pytest.mark.parametrize("index", [True, False])
    @pytest.mark.parametrize("line", [0, 1, -1])
    def test_a_deleted_line(self, copy: Copy, segment: int, index: bool, line: int) -> None:
        path = copy.segments()[segment]
        count = len(lines(path))
        if not index:
            path.with_suffix(".idx").unlink()
        replace_line(path, line % count, b"")
        gone = int(path.stem) + line % count
        report = report_of(copy)
        assert report.lost == [(gone, gone)]
        assert not report.ok

    @pytest.mark.parametrize("index", [True, False])
    def test_a_deleted_segment(self, copy: Copy, index: bool) -> None:
        path, following = copy.segments()[1:3]
        path.unlink()
        if not index:
            path.with_suffix(".idx").unlink()
        assert report_of(copy).lost == [(int(path.stem), int(following.stem) - 1)]

    def test_the_newest_sealed_segment_is_deleted(self, copy: Copy) -> None:
        *_, path, newest = copy.segments()
        first_of_newest = int(newest.stem)
        path.unlink()
        newest.unlink()
        report = report_of(copy)
        assert report.lost == [(int(path.stem), first_of_newest - 1)]

    def test_all_segments_are_deleted(self, copy: Copy) -> None:
        for path in copy.segments():
            path.unlink()
        assert any("newest segment is gone" in line for line in report_of(copy).wrong)

    def test_marks_above_the_end(self, copy: Copy) -> None:
        newest = copy.segments()[-1]
        newest.unlink()
        assert any("20 had been handed on" in line for line in report_of(copy).wrong) == (int(newest.stem) <= 20)
        for path in copy.segments()[-2:]:
            path.unlink()
            path.with_suffix(".idx").unlink()
        assert any("20 had been handed on" in line for line in report_of(copy).wrong)

    def test_what_was_never_confirmed_is_gone(self, copy: Copy) -> None:
        first = copy.segments()[0]
        first.unlink()
        first.with_suffix(".idx").unlink()
        assert any("never confirmed" in line for line in report_of(copy).wrong)

    @pytest.mark.parametrize("what", ["facts", "prevhash"])
    def test_an_index_that_lies(self, copy: Copy, what: str) -> None:
        path = copy.segments()[1]
        found = scan_segment(path.read_bytes(), int(path.stem))
        sealed = from_scan(path, found, path.stat().st_size)
        if what == "facts":
            found.seen[0] ^= 1
        else:
            sealed.prevhash = "ab" * 32
        write_index(Disk(), sealed, event(copy.entries[0].raw)["logid"], found.seen)
        assert any(".idx" in line for line in report_of(copy).wrong)

    def test_a_segment_of_another_log(self, copy: Copy, quick_path: Path) -> None:
        other = make(quick_path / "other")
        path = copy.segments()[1]
        path.write_bytes(other.segments()[1].read_bytes())
        assert any("another log" in line for line in report_of(copy).wrong)

    def test_an_entry_of_another_log(self, copy: Copy) -> None:
        """The last one of all, so that no later entry names its hash."""
        path = copy.segments()[-1]
        logid = event(copy.entries[0].raw)["logid"].encode()
        forge(path, len(lines(path)) - 1, logid, b"gw2" + logid[3:])
        assert not report_of(copy).ok

    @pytest.mark.parametrize("seed", range(60))
    def test_a_flipped_bit_anywhere(self, copy: Copy, seed: int) -> None:
        """Whatever it hits but the last record of all and line breaks: it is found, or it changes nothing."""
        pick = random.Random(seed)
        path = pick.choice(copy.segments())
        offset = pick.randrange(path.stat().st_size)
        newest = path == copy.segments()[-1]
        last = lines(path)[-1]
        is_break = path.read_bytes()[offset : offset + 1] == b"\n"
        flip(path, offset, 1 << pick.randrange(8))
        report = report_of(copy)
        if is_break:
            assert report.entries == 24
        elif newest and offset >= last.offset:
            assert report.notes or not report.ok
        else:
            assert not report.ok


def test_a_large_log(quick_path: Path) -> None:
    log = open_log(quick_path, segment_bytes=1 << 20)
    log.append(punches(*range(20_000)))
    log.close()
    view = look(quick_path)
    report = verify(view.epochs[0], present=True, marks=view.read_marks)
    assert report.ok
    assert report.entries == 20_001
