"""A log looked at from outside: stopped, running, or copied; nothing is locked, written or repaired."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tinydb import where

from contract.chain import entry_hash
from gateway.errors import LogError
from gateway.log.log import Log
from gateway.log.verify import verify
from gateway.log.view import EpochView, NotALog, look
from tests.log.damage import Copy, flip, lines, make
from tests.log.logs import everything, facts, open_log, punches


@pytest.fixture
def copy(quick_path: Path) -> Copy:
    return make(quick_path / "data", entries=24, published=20)


def the_epoch(path: Path) -> EpochView:
    (epoch,) = look(path).epochs
    return epoch


class TestLook:
    def test_any_folder_of_it(self, copy: Copy) -> None:
        for path in (copy.data, copy.data / "log", copy.folder):
            view = look(path)
            assert view.epochs[-1].read_after(0, 1000) == copy.entries
            assert view.marks()[:2] == (20, 0)
            assert view.present is view.epochs[-1]

    def test_a_copy_under_another_name(self, copy: Copy, quick_path: Path) -> None:
        shutil.copytree(copy.folder, quick_path / "on a stick")
        view = look(quick_path / "on a stick")
        assert view.epochs[0].read_after(0, 1000) == copy.entries
        assert view.read_marks() is None

    def test_several_epochs(self, copy: Copy) -> None:
        log = open_log(copy.data)
        assert log.ack(log.marks().logid, 10**6, "ab" * 32, []).forked
        new = everything(log)
        log.close()
        old, present = look(copy.data).epochs
        assert old.read_after(0, 1000) == copy.entries
        assert present.read_after(0, 1000) == new
        assert look(old.folder).present is None
        assert look(present.folder).present is not None

    def test_empty(self, quick_path: Path) -> None:
        (quick_path / "log").mkdir()
        assert look(quick_path).epochs == []
        assert look(quick_path / "log").epochs == []

    @pytest.mark.parametrize("what", ["nothing", "a file", "a folder of something else", "unreadable"])
    def test_not_a_log(self, quick_path: Path, what: str) -> None:
        path = quick_path / "x"
        if what == "a file":
            path.write_text("x")
        elif what == "a folder of something else":
            (path / "photos").mkdir(parents=True)
        elif what == "unreadable":
            path = Path("x" * 300)
        with pytest.raises(NotALog) as caught:
            look(path)
        assert "expected a gateway's data folder" in str(caught.value)
        assert "\n" not in str(caught.value)


class TestReading:
    @pytest.mark.parametrize("limit", [1, 3, 7, 1000])
    def test_in_batches(self, copy: Copy, limit: int) -> None:
        epoch, after, found = the_epoch(copy.data), 0, []
        while batch := epoch.read_after(after, limit):
            assert len(batch) <= limit
            found += batch
            after = batch[-1].sequence
        assert found == copy.entries

    @pytest.mark.parametrize("after", range(26))
    def test_from_anywhere(self, copy: Copy, after: int) -> None:
        epoch = the_epoch(copy.data)
        epoch.read_after(4, 3)
        assert epoch.read_after(after, 1000) == copy.entries[after:]

    def test_backwards(self, copy: Copy) -> None:
        assert list(the_epoch(copy.data).backwards()) == copy.entries[::-1]
        assert the_epoch(copy.data).newest() == 24

    def test_queries(self, copy: Copy) -> None:
        table = the_epoch(copy.data).table()
        assert [d.doc_id for d in table.search(where("subject") == "pin:1007")] == [7]
        assert len(table) == the_epoch(copy.data).count() == 24
        assert [d.doc_id for d in the_epoch(copy.data).documents(20)] == [21, 22, 23, 24]
        with pytest.raises(LogError):
            table.storage.write({})

    def test_a_damaged_one(self, copy: Copy) -> None:
        path = copy.segments()[1]
        flip(path, lines(path)[1].offset + 50)
        gone = int(path.stem) + 1
        assert the_epoch(copy.data).read_after(0, 1000) == [e for e in copy.entries if e.sequence != gone]


def test_nothing_is_touched(copy: Copy) -> None:
    path = copy.segments()[1]
    flip(path, lines(path)[1].offset + 50)
    newest = copy.segments()[-1]
    newest.write_bytes(newest.read_bytes()[:-9])
    (copy.folder / "00000000000000000099.salvage").write_bytes(b"x")
    (copy.folder / "00000000000000000099.idx.tmp").write_bytes(b"x")

    def state() -> dict[Path, tuple[int, bytes]]:
        return {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in copy.data.rglob("*")}

    before = state()
    view = look(copy.data)
    view.epochs[0].read_after(0, 1000)
    list(view.epochs[0].backwards())
    assert not verify(view.epochs[0], present=True, marks=view.read_marks).ok
    assert state() == before


class TestRunning:
    def test_while_it_is_open(self, quick_path: Path) -> None:
        log = open_log(quick_path)
        epoch = the_epoch(quick_path)
        for number in range(2, 60):
            log.append(punches(number))
            assert epoch.read_after(number - 2, 10)[-1].sequence == number
        assert verify(epoch, present=True).ok
        log.close()

    def test_what_came_and_went_while_it_was_read(self, quick_path: Path) -> None:
        """A reader takes one segment after the other while the log grows, and retention deletes behind it."""
        log = open_log(quick_path)
        for number in range(2, 40):
            log.append(punches(number))
        reading = the_epoch(quick_path).segments()
        sequences = list(next(reading).found.sequences)
        for number in range(40, 80):
            log.append(punches(number))
        self._confirm(log)
        for segment in reading:
            sequences += segment.found.sequences
            if segment.first > 20:
                log.expire("2999-01-01T00:00:00+00:00")
        assert sequences == sorted(set(sequences))
        assert sequences[-1] >= 79
        log.close()

    def test_retention_while_it_is_verified(self, quick_path: Path) -> None:
        log = open_log(quick_path)
        for number in range(2, 60):
            log.append(punches(number))
        self._confirm(log)
        steps = []

        def progress(_: int) -> None:
            steps.append(1)
            if len(steps) == 3:
                log.expire("2999-01-01T00:00:00+00:00")
                for number in range(60, 90):
                    log.append(punches(number))

        view = look(quick_path)
        report = verify(view.epochs[0], present=True, marks=view.read_marks, progress=progress)
        assert report.ok, report
        log.close()

    @staticmethod
    def _confirm(log: Log) -> None:
        end = log.marks().next - 1
        log.ack(log.marks().logid, end, entry_hash(log.read(end - 1, 1)[0].raw), [])

    @staticmethod
    def _verify_while_it_grows(process: "subprocess.Popen[str]", folder: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        counts = [0]
        view = look(folder)
        while len(counts) < 12:
            process.stdin.write("more\n")
            process.stdin.flush()
            report = verify(view.epochs[0], present=True, marks=view.read_marks)
            assert report.ok, report
            assert report.entries == report.last
            held = view.epochs[0].read_after(0, 10**9)
            assert [entry.sequence for entry in held] == list(range(1, len(held) + 1))
            if len(held) > counts[-1]:
                counts.append(len(held))

    def test_a_live_process_appends(self, tmp_path: Path) -> None:
        """Again and again what is there is whole, and grows."""
        script = (
            "import itertools, sys; from pathlib import Path; from tests.log.logs import open_log, punches, note\n"
            "log, numbers = open_log(Path(sys.argv[1])), itertools.count()\n"
            "print('open', flush=True)\n"
            "for _ in sys.stdin:\n"  # a burst a line: a fast disk would outrun whoever reads all of it again and again
            "    for n in itertools.islice(numbers, 40):\n"
            "        log.append(punches(n, n + 1) + [note('x')])\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                self._verify_while_it_grows(process, tmp_path)
            finally:
                os.kill(process.pid, signal.SIGKILL)
        log = open_log(tmp_path)
        assert len(facts(everything(log))) > 10
        log.close()
