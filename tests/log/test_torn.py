"""A write that a power cut interrupted: the record is dropped, which nobody was told of, and the log goes on."""

import shutil
from pathlib import Path

import pytest

from tests.log.damage import Copy, lines, make, reopened
from tests.log.logs import check_log, events, everything, facts, open_log, punches


@pytest.fixture(scope="module")
def original(quick_module_path: Path) -> Copy:
    return make(quick_module_path, entries=24)


def test_cut_at_every_byte_of_the_last_record(original: Copy, quick_path: Path) -> None:
    newest = original.segments()[-1]
    last = lines(newest)[-1]
    buffer = newest.read_bytes()
    assert last.end == len(buffer)
    for size in range(last.offset, last.end + 1):
        copy = original.to(quick_path / str(size))
        (copy.folder / newest.name).write_bytes(buffer[:size])
        with reopened(copy) as log:
            whole = size == last.end
            assert everything(log)[:23] == copy.entries[:23]
            torn = events(check_log(log), "torn-tail")
            assert bool(torn) == (last.offset < size < last.end)
            assert (facts(everything(log)) == facts(copy.entries)) == whole
            (again,) = log.append(punches(900))
            assert facts(everything(log))[-1] == "fact-900"
            assert again.sequence == log.marks().next - 1
        with reopened(copy) as log:
            assert facts(check_log(log))[-1] == "fact-900"
            assert len(events(everything(log), "torn-tail")) == len(torn)
        shutil.rmtree(copy.data)


@pytest.mark.parametrize("rest", [b"\0" * 700, b"E ", b"\n", b"\n\n\n", b"E 00000000 5 ab", b"\xff" * 5000])
def test_what_may_follow_the_last_record(original: Copy, quick_path: Path, rest: bytes) -> None:
    """Blocks that were allotted and never written, and the like: kept aside as they were found, and told."""
    copy = original.to(quick_path / "copy")
    newest = copy.segments()[-1]
    newest.write_bytes(newest.read_bytes() + rest)
    with reopened(copy) as log:
        assert everything(log)[:24] == copy.entries
        (told,) = events(check_log(log), "torn-tail")
        assert told["bytes"] == len(rest)
        assert (copy.folder / told["kept_as"]).read_bytes() == rest
        assert not events(everything(log), "log-damaged")


def test_the_last_block_is_zeros(original: Copy, quick_path: Path) -> None:
    """The length reached the medium and the data did not: everything before the block stays."""
    newest = original.segments()[-1]
    buffer = newest.read_bytes()
    for begin in range(lines(newest)[0].offset, len(buffer), 97):
        copy = original.to(quick_path / str(begin))
        (copy.folder / newest.name).write_bytes(buffer[:begin] + bytes(len(buffer) - begin))
        intact = [n for n, line in enumerate(lines(newest)) if line.end <= begin]
        with reopened(copy) as log:
            held = [e for e in everything(log) if e.sequence <= 24]
            assert held[: int(newest.stem) - 1 + len(intact)] == copy.entries[: int(newest.stem) - 1 + len(intact)]
            assert log.append(punches(900))
            check_log(log)


def test_an_empty_segment(original: Copy, quick_path: Path) -> None:
    """Cut just after the next segment's file was made, with nothing or half a header in it."""
    header = original.segments()[-1].read_bytes().split(b"\n")[0]
    for rest in (b"", header[:1], header[:40], header):
        copy = original.to(quick_path / str(len(rest)))
        (copy.folder / f"{25:020d}.log").write_bytes(rest)
        with reopened(copy) as log:
            assert everything(log)[:24] == copy.entries
            log.append(punches(900))
            assert facts(check_log(log))[-1] == "fact-900"
            assert not events(everything(log), "log-damaged")
        with reopened(copy) as log:
            assert facts(check_log(log))[-1] == "fact-900"


def test_a_mark_says_that_the_last_record_was_handed_on(quick_path: Path) -> None:
    """Then it was no torn write: the number is not given to another entry under the same name."""
    copy = make(quick_path, entries=24, published=24)
    random = copy.folder.name.partition("-")[2]
    newest = copy.segments()[-1]
    newest.write_bytes(newest.read_bytes()[:-5])
    with reopened(copy) as log:
        assert not log.marks().logid.endswith(random)
        (why,) = [d for d in events(check_log(log), "log-created") if d["reason"] == "entries lost"]
        assert (why["marks"], why["held"]) == (24, 23)


@pytest.mark.soak
def test_cut_at_every_byte_of_the_last_twenty_records(quick_path: Path) -> None:
    log = open_log(quick_path / "original", segment_bytes=1 << 20)
    log.append(punches(*range(2, 42)))
    entries = everything(log)
    log.close()
    original = Copy(quick_path / "original", entries)
    (newest,) = original.segments()
    buffer = newest.read_bytes()
    for size in range(lines(newest)[-20].offset, len(buffer) + 1):
        copy = original.to(quick_path / "copy")
        (copy.folder / newest.name).write_bytes(buffer[:size])
        whole = [n for n, line in enumerate(lines(newest)) if line.end <= size]
        with reopened(copy) as log:
            assert everything(log)[: len(whole)] == entries[: len(whole)]
            assert facts(everything(log)) == facts(entries[: len(whole)]), "half a record became one"
            log.append(punches(900))
        with reopened(copy) as log:
            assert facts(check_log(log)) == [*facts(entries[: len(whole)]), "fact-900"]
            assert not events(everything(log), "log-damaged")
        shutil.rmtree(copy.data)
