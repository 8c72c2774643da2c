"""A bad card, a bad editor: the log opens, keeps what is intact, and says what is lost."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.log.disk import Disk
from gateway.log.record import Line, frame, scan
from gateway.log.scan import scan_segment
from gateway.log.sealed import from_scan, write_index
from tests.log.damage import (
    Copy,
    check_salvaged,
    flip,
    forge,
    held,
    lines,
    make,
    reopened,
    replace_line,
    rewrite,
)
from tests.log.logs import check_log, event, events, everything, facts, lost, open_log, punches


@pytest.fixture(scope="module")
def original(quick_module_path: Path) -> Copy:
    return make(quick_module_path)


@pytest.fixture
def copy(original: Copy, quick_path: Path) -> Copy:
    return original.to(quick_path / "copy")


def _drop_indexes(copy: Copy) -> None:
    for path in copy.folder.glob("*.idx"):
        path.unlink()


class TestFlippedByte:
    def _check(self, copy: Copy, path: Path, offset: int) -> None:
        """One byte is wrong: at most the one record that it belongs to is lost, and that is told."""
        struck = _sequences_at(path, offset)
        flip(path, offset, bits=1 << random.Random(offset).randrange(8))
        with reopened(copy) as log:
            everything(log)
            newest = {copy.entries[-1].sequence}
            gone = struck - set(held(log)) - newest
            if struck & newest - set(held(log)):
                # Nobody can tell a bad last record from one that a power cut tore.
                assert events(everything(log), "torn-tail")
            check_salvaged(log, [e for e in copy.entries if e.sequence not in struck or e.sequence in gone], gone)
            log.append(punches(900))
            assert facts(everything(log))[-1] == "fact-900"
        with reopened(copy) as log:
            assert facts(check_log(log, gaps=gone))[-1] == "fact-900"

    @pytest.mark.parametrize("seed", range(300))
    def test_anywhere(self, copy: Copy, seed: int) -> None:
        pick = random.Random(seed)
        if seed % 2:
            _drop_indexes(copy)
        path = pick.choice(copy.segments())
        self._check(copy, path, pick.randrange(path.stat().st_size))

    @pytest.mark.soak
    @pytest.mark.parametrize("indexes", [True, False])
    def test_everywhere(self, original: Copy, quick_path: Path, indexes: bool) -> None:
        for segment in original.segments()[-2:]:
            for offset in range(segment.stat().st_size):
                copy = original.to(quick_path / f"{segment.stem}-{offset}")
                if not indexes:
                    _drop_indexes(copy)
                self._check(copy, copy.folder / segment.name, offset)

    @pytest.mark.soak
    def test_five_hundred_times_in_any_file(self, original: Copy, quick_path: Path) -> None:
        for seed in range(500):
            self.test_in_any_file(original, quick_path / str(seed), f"soak {seed}")

    @pytest.mark.parametrize("seed", range(40))
    def test_in_any_file(self, original: Copy, quick_path: Path, seed: int | str) -> None:
        """Also in indexes and marks, where it costs nothing."""
        pick = random.Random(f"any file {seed}")
        copy = original.to(quick_path / "copy")
        files = sorted(path for path in copy.data.rglob("*") if path.is_file())
        (path,) = pick.choices(files, [file.stat().st_size for file in files])
        if path.suffix == ".log":
            self._check(copy, path, pick.randrange(path.stat().st_size))
            return
        flip(path, pick.randrange(path.stat().st_size), bits=1 << pick.randrange(8))
        with reopened(copy) as log:
            assert check_log(log) == copy.entries
            assert not log.append(punches(*range(2, 25)))


def _sequences_at(path: Path, offset: int) -> set[int]:
    first = int(path.stem)
    return {first + n for n, line in enumerate(lines(path)) if line.offset <= offset < line.end}


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("segment", [0, 1, -2, -1])
class TestOneRecord:
    """Damage to one record in the middle of an old or the newest segment, with its index or without."""

    @pytest.fixture
    def path(self, copy: Copy, segment: int, index: bool) -> Path:
        if not index:
            _drop_indexes(copy)
        return copy.segments()[segment]

    def test_spoilt(self, copy: Copy, path: Path) -> None:
        flip(path, lines(path)[1].offset + 50)
        with reopened(copy) as log:
            everything(log)
            check_salvaged(log, copy.entries, {int(path.stem) + 1})
        assert list(copy.folder.glob("*.bad"))

    def test_deleted(self, copy: Copy, path: Path) -> None:
        replace_line(path, 1, b"")
        with reopened(copy) as log:
            everything(log)
            check_salvaged(log, copy.entries, {int(path.stem) + 1})

    def test_last_deleted(self, copy: Copy, path: Path, index: bool) -> None:
        count = len(lines(path))
        replace_line(path, count - 1, b"")
        with reopened(copy) as log:
            everything(log)
            is_newest = path == copy.segments()[-1]
            gone = set() if is_newest else {int(path.stem) + count - 1}
            kept = [e for e in copy.entries if not is_newest or e.sequence < int(path.stem) + count - 1]
            check_salvaged(log, kept, gone)

    def test_forged(self, copy: Copy, path: Path) -> None:
        forge(path, 1, b'"direction":"in"', b'"direction":"no"')
        with reopened(copy) as log:
            entries = everything(log)
            assert len(entries) >= len(copy.entries)
            told = [d for d in events(everything(log), "log-damaged") if d["file"] == path.name]
            assert told, "an altered entry was not noticed"
            sequence = int(path.stem) + 1
            assert [sequence, sequence + 1] in told[0]["breaks"]
            log.append(punches(900))
        with reopened(copy) as log:
            everything(log)
            assert len(events(everything(log), "log-damaged")) == len(told), "told twice"

    @pytest.mark.parametrize("sequence", [b"99999999999999999999", b"00000000000000009999", b"00000000000000000001"])
    def test_forged_sequence(self, copy: Copy, path: Path, sequence: bytes) -> None:
        number = int(path.stem) + 1
        forge(path, 1, b'"sequence":"%020d"' % number, b'"sequence":"%b"' % sequence)
        with reopened(copy) as log:
            everything(log)
            check_salvaged(log, copy.entries, {number})

    @pytest.mark.parametrize("sequence", [b"99999999999999999999", b"00000000000000009999"])
    def test_forged_sequence_and_hash(self, copy: Copy, path: Path, sequence: bytes) -> None:
        number = int(path.stem) + 1
        forge(path, 1, b'"sequence":"%020d","prevhash":"' % number, b'"sequence":"%b","prevhash":"ab' % sequence)
        with reopened(copy) as log:
            everything(log)
            check_salvaged(log, copy.entries, {number})

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"type":"ketuk.punch.v1"', b'"type":"x"'),
            (b'"sequence":"', b'"sequence":"x'),
            (b'"prevhash":"', b'"prevhash":1,"x":"'),
            (b'{"specversion"', b'["specversion"'),
            (b'"source":"', b'"source":"\xff'),
            (b'"direction":"', b'"direction":"\xff'),
        ],
    )
    def test_forged_into_nonsense(self, copy: Copy, path: Path, old: bytes, new: bytes) -> None:
        forge(path, 1, old, new)
        with reopened(copy) as log:
            everything(log)
            check_salvaged(log, copy.entries, {int(path.stem) + 1})

    def test_doubled(self, copy: Copy, path: Path) -> None:
        line = lines(path)[1]
        replace_line(path, 1, path.read_bytes()[line.offset : line.end] * 2)
        with reopened(copy) as log:
            everything(log)
            now = held(log)
            assert all(now[entry.sequence] == entry.raw for entry in copy.entries)
            assert events(check_log(log), "log-damaged")

    def test_header_spoilt(self, copy: Copy, path: Path) -> None:
        flip(path, 20)
        with reopened(copy) as log:
            assert everything(log)[: len(copy.entries)] == copy.entries
            check_log(log)

    def test_header_forged_into_nonsense(self, copy: Copy, path: Path) -> None:
        header = next(item for item in scan(path.read_bytes()) if isinstance(item, Line))
        path.write_bytes(frame(header.tag, b'{"logid":"\xff"}') + path.read_bytes()[header.end :])
        with reopened(copy) as log:
            assert everything(log)[: len(copy.entries)] == copy.entries
            check_log(log)

    def test_header_deleted(self, copy: Copy, path: Path) -> None:
        header = next(item for item in scan(path.read_bytes()) if isinstance(item, Line))
        path.write_bytes(path.read_bytes()[header.end :])
        with reopened(copy) as log:
            assert everything(log)[: len(copy.entries)] == copy.entries
            check_log(log)


class TestRewritten:
    """Somebody changed an entry and chained the rest of its segment anew."""

    @pytest.mark.parametrize("index", ["kept", "deleted", "forged"])
    def test_the_next_segment_tells(self, copy: Copy, index: str) -> None:
        path, following = copy.segments()[1:3]
        rewrite(path, 1, b'"direction":"in"', b'"direction":"no"')
        if index != "kept":
            path.with_suffix(".idx").unlink()
        if index == "forged":
            logid = event(copy.entries[0].raw)["logid"]
            found = scan_segment(path.read_bytes(), int(path.stem))
            write_index(Disk(), from_scan(path, found, path.stat().st_size), logid, found.seen)
        with reopened(copy) as log:
            everything(log)
            told = events(everything(log), "log-damaged")
            joint = [int(following.stem) - 1, int(following.stem)]
            assert joint in [pair for detail in told for pair in detail.get("breaks", [])]

    @pytest.mark.parametrize("how", [rewrite, forge])
    @pytest.mark.parametrize("after", [0, -2, -1])
    def test_the_newest_while_it_runs(self, copy: Copy, how: Callable[..., None], after: int) -> None:
        """Whichever part is read first: what is handed on without a word is what was written."""
        path = copy.segments()[-1]
        with reopened(copy) as log:
            how(path, 1, b'"direction":"in"', b'"direction":"no"')
            start = 0 if after == 0 else int(path.stem) + 3 + after
            log.read(start, 1000)
            everything(log)
            assert events(everything(log), "log-damaged")
            log.append(punches(900))
            assert len(everything(log)) == len(copy.entries) + 2

    def test_one_entry_at_a_time(self, copy: Copy) -> None:
        path = copy.segments()[-1]
        with reopened(copy) as log:
            forge(path, 1, b'"direction":"in"', b'"direction":"no"')
            altered = int(path.stem) + 1
            log.read(altered - 1, 1)
            assert events(everything(log), "log-damaged"), "the altered entry was handed on without a word"

    @pytest.mark.parametrize(("by", "prevhash"), [(5000, b""), (5_000_000, b"ab"), (10**19, b"ab")])
    def test_the_last_entry_gets_a_wild_number(self, copy: Copy, by: int, prevhash: bytes) -> None:
        """It names the entry before, or is further off than can have been lost: the log does not jump there."""
        path = copy.segments()[-1]
        number = copy.entries[-1].sequence
        old, new = (b'"sequence":"%020d","prevhash":"' % n for n in (number, number + by))
        forge(path, len(lines(path)) - 1, old, new + prevhash)
        with reopened(copy) as log:
            assert log.append(punches(900))[0].sequence < 40
            check_log(log)


class TestWholeFiles:
    @pytest.mark.parametrize("index", [True, False])
    @pytest.mark.parametrize("how", ["deleted", "emptied", "zeroed", "garbage"])
    def test_segment_in_the_middle(self, copy: Copy, how: str, index: bool) -> None:
        path, following = copy.segments()[1:3]
        if not index:
            path.with_suffix(".idx").unlink()
        gone = set(range(int(path.stem), int(following.stem)))
        _spoil_file(path, how)
        with reopened(copy) as log:
            everything(log)
            check_salvaged(log, copy.entries, gone)

    @pytest.mark.parametrize("how", ["deleted", "emptied", "zeroed", "garbage"])
    def test_newest_sealed_segment(self, copy: Copy, how: str) -> None:
        """The segment that takes new entries is gone altogether, the one before it is spoilt, its index is there."""
        *_, path, newest = copy.segments()
        newest.unlink()
        _spoil_file(path, how)
        with reopened(copy) as log:
            everything(log)
            recorded = log.append(punches(900))
            assert recorded[0].sequence >= int(newest.stem), "a sequence was used again"
            assert lost(everything(log)) == set(range(int(path.stem), int(newest.stem)))

    def test_everything_but_the_indexes(self, copy: Copy) -> None:
        newest = copy.segments()[-1]
        for path in copy.segments():
            path.unlink()
        with reopened(copy) as log:
            everything(log)
            assert log.append(punches(900))[0].sequence >= int(newest.stem)
            assert not log.append(punches(2, 3)), "what the indexes remember was recorded again"
            assert events(everything(log), "log-damaged")

    def test_deleted_while_it_runs(self, copy: Copy) -> None:
        with reopened(copy) as log:
            path, following = copy.segments()[1:3]
            path.unlink()
            everything(log)
            check_salvaged(log, copy.entries, set(range(int(path.stem), int(following.stem))))

    def test_newest_deleted_while_it_runs(self, copy: Copy) -> None:
        with reopened(copy) as log:
            path = copy.segments()[-1]
            end = log.marks().next
            path.unlink()
            everything(log)
            assert lost(everything(log)) == set(range(int(path.stem), end))
            log.append(punches(900))
            assert facts(everything(log))[-1] == "fact-900"

    @pytest.mark.parametrize("first", [0, 2, 26])
    def test_newest_spoilt_while_it_runs(self, copy: Copy, first: int) -> None:
        with reopened(copy) as log:
            path = copy.segments()[-1]
            flip(path, lines(path)[0].offset + 50)
            log.read(first, 1000)
            log.append(punches(900))
            everything(log)
            check_salvaged(log, copy.entries, {int(path.stem)})


def _spoil_file(path: Path, how: str) -> None:
    size = path.stat().st_size
    if how == "deleted":
        path.unlink()
    else:
        path.write_bytes({"emptied": b"", "zeroed": bytes(size), "garbage": random.Random(1).randbytes(size)}[how])


class TestIndexes:
    @pytest.mark.parametrize("how", ["deleted", "emptied", "zeroed", "garbage", "flipped", "cut", "another"])
    def test_a_spoilt_index_costs_nothing(self, copy: Copy, how: str) -> None:
        path = copy.segments()[1].with_suffix(".idx")
        if how == "flipped":
            flip(path, 60)
        elif how == "cut":
            path.write_bytes(path.read_bytes()[:-30])
        elif how == "another":
            path.write_bytes(copy.segments()[2].with_suffix(".idx").read_bytes())
        else:
            _spoil_file(path, how)
        with reopened(copy) as log:
            assert check_log(log) == copy.entries
            assert not log.append(punches(*range(2, 25)))

    def test_an_index_is_a_folder(self, copy: Copy) -> None:
        path = copy.segments()[1].with_suffix(".idx")
        path.unlink()
        path.mkdir()
        with reopened(copy) as log:
            assert check_log(log) == copy.entries


class TestForeignFiles:
    @pytest.mark.parametrize(
        "name",
        [
            "notes.txt",
            "00000000000000000001 (copy).log",
            "copy of 00000000000000000001.log",
            "1.log",
            "00000000000000000001.log.gz",
            "00000000000000000001.log~",
            "²0000000000000000000.log",
            "x.salvage",
            "x.tmp",
        ],
    )
    def test_in_an_epoch(self, copy: Copy, name: str) -> None:
        (copy.folder / name).write_bytes(copy.segments()[0].read_bytes())
        with reopened(copy) as log:
            assert check_log(log) == copy.entries

    @pytest.mark.parametrize("name", ["000002-aabbccdd", "x.new", "000009-11223344.new", "lost+found", "notes"])
    @pytest.mark.parametrize("folder", [True, False])
    def test_beside_the_epochs(self, copy: Copy, name: str, folder: bool) -> None:
        path = copy.data / "log" / name
        if folder and name != "000002-aabbccdd":
            path.mkdir()
            (path / "inside").mkdir()
        else:
            path.write_text("x")
        log = open_log(copy.data)
        assert check_log(log) == copy.entries
        log.close()

    def test_a_segment_of_another_log(self, copy: Copy, quick_path: Path) -> None:
        other = make(quick_path / "other", entries=60)
        name = other.segments()[-1].name
        (copy.folder / name).write_bytes(other.segments()[-1].read_bytes())
        with reopened(copy) as log:
            assert everything(log)[: len(copy.entries)] == copy.entries
            assert not lost(check_log(log))
            assert log.append(punches(900))[0].sequence < 40

    def test_a_segment_under_a_wrong_name(self, copy: Copy) -> None:
        (copy.folder / f"{5000:020d}.log").write_bytes(copy.segments()[1].read_bytes())
        with reopened(copy) as log:
            assert everything(log)[: len(copy.entries)] == copy.entries
            assert not lost(check_log(log))
            assert log.append(punches(900))[0].sequence < 40

    def test_garbage_under_a_late_name(self, copy: Copy) -> None:
        (copy.folder / f"{10**20 - 1}.log").write_bytes(b"garbage" * 100)
        with reopened(copy) as log:
            assert everything(log)[: len(copy.entries)] == copy.entries
            assert not lost(check_log(log))
            assert log.append(punches(900))[0].sequence < 40


def test_many_holes_fit_into_one_entry(quick_path: Path) -> None:
    """Every other record of a large segment is spoilt: the report must not be larger than an entry may be."""
    log = open_log(quick_path, segment_bytes=1 << 22)
    log.append(punches(*range(3000)))
    log.close()
    (path,) = (quick_path / "log").glob("*/*.log")
    buffer = bytearray(path.read_bytes())
    for line in lines(path)[1::2]:
        buffer[line.offset + 50] ^= 1
    path.write_bytes(buffer)
    log = open_log(quick_path, segment_bytes=1 << 22)
    entries = everything(log)
    assert len(facts(entries)) >= 1500
    (told,) = events(entries, "log-damaged")
    assert told["lost_entries"] == 1500
    log.close()
