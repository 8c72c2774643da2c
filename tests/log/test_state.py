"""The state beside the log: whatever becomes of it, the log opens and nothing is lost."""

import json
import random
import shutil
from pathlib import Path

import pytest

from tests.log.logs import check_log, everything, facts, open_log, punches


@pytest.fixture
def data(quick_path: Path) -> Path:
    """A closed log of 30 entries, half of them published, with a cursor."""
    log = open_log(quick_path)
    log.append(punches(*range(2, 31)))
    log.published(15)
    log.keep_cursor("pintu-depan", "row 17")
    log.close()
    return quick_path


def test_it_is_kept(data: Path) -> None:
    log = open_log(data)
    assert log.marks().published == 15
    assert log.cursor("pintu-depan") == "row 17"
    assert log.cursor("pintu-belakang") is None
    log.keep_cursor("pintu-depan", "row 18")
    log.keep_cursor("pintu-belakang", "x")
    log.keep_marks()
    assert json.loads((data / "state.json").read_bytes()), "a person can read it"
    log.close()
    log = open_log(data)
    assert (log.cursor("pintu-depan"), log.cursor("pintu-belakang")) == ("row 18", "x")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"17",
        b'{"marks": 3}',
        b'{"marks": {"1": 3}}',
        b'{"marks": {"x": {"logid": 3}}}',
        '{"marks": {"²": {}}}'.encode(),
        b'{"check": {"1": {"crc32": "00000000"}}}',
        b'{"check": 7}',
        b'{"check": {"1": [1]}, "devices": {"1": {}}}',
        b"[" * 200_000,
        b"\xff\xfe\x00",
        bytes(500),
        b'{"marks": {"1": {"logid": "gw1.00000000", "published": 1e999, "confirmed": -5}}}',
    ],
)
def test_nonsense(data: Path, content: bytes) -> None:
    (data / "state.json").write_bytes(content)
    _check_lost(data)


@pytest.mark.parametrize("percent", range(0, 100, 4))
def test_cut(data: Path, percent: int) -> None:
    path = data / "state.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * percent // 100])
    _check_lost(data)


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_bit_is_noticed(data: Path, seed: int) -> None:
    """A mark that became too high would let undelivered entries be deleted."""
    pick = random.Random(seed)
    path = data / "state.json"
    buffer = bytearray(path.read_bytes())
    buffer[pick.randrange(len(buffer))] ^= 1 << pick.randrange(8)
    path.write_bytes(buffer)
    _check_lost(data)


def test_missing(data: Path) -> None:
    (data / "state.json").unlink()
    _check_lost(data)


def test_a_folder_in_its_place(data: Path) -> None:
    (data / "state.json").unlink()
    (data / "state.json").mkdir()
    _check_lost(data)


def test_a_half_written_successor(data: Path) -> None:
    (data / "state.json.tmp").write_bytes(b'{"marks"')
    log = open_log(data)
    assert log.marks().published == 15


def test_the_marks_of_another_log(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    log = open_log(other)
    log.append(punches(*range(2, 61)))
    log.published(60)
    log.close()
    shutil.copy(other / "state.json", data / "state.json")
    log = open_log(data)
    assert log.marks().published == log.marks().confirmed == 0
    assert facts(check_log(log)) == [f"fact-{n}" for n in range(2, 31)]


def _check_lost(data: Path) -> None:
    """The log is whole, everything is to be sent again, and the file is made anew."""
    log = open_log(data)
    assert len(facts(check_log(log))) == 29
    assert log.marks().published == log.marks().confirmed == 0
    assert log.cursor("pintu-depan") is None
    assert len(log.unpublished(100)) == len(everything(log)) == 30, "no new epoch for a lost file"
    log.published(7)
    log.keep_cursor("pintu-depan", "row 1")
    log.close()
    log = open_log(data)
    if (data / "state.json").is_file():
        assert log.marks().published == 7
        assert log.cursor("pintu-depan") == "row 1"
    log.close()
