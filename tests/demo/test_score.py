"""How the demo judges: what the terminals hold against what the centre holds; the plan; the log from outside."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.demo.logfolder import LogFolder
from simulators.demo.score import Fact, delivered_facts, differences
from simulators.demo.script import plan, punches_due
from tests.listen.chain import Chain


def fact(person: str, time: str = "2026-03-02T12:00:00") -> Fact:
    return Fact("SIM0001", person, time)


def test_what_the_centre_holds_is_counted_by_fact_and_one_identity_once() -> None:
    chain = Chain()
    for person, identity in (("1", "a"), ("2", "b"), ("2", "b"), ("3", "c"), ("3", "d")):
        chain.punch(f"pin:{person}", id=identity)
    chain.audit()
    assert delivered_facts(chain.raws) == Counter(
        {Fact("SIM0001", "1", ""): 1, Fact("SIM0001", "2", ""): 1, Fact("SIM0001", "3", ""): 2}
    )


def test_lost_and_doubled() -> None:
    punched = Counter([fact("1"), fact("2"), fact("3"), fact("3")])
    assert differences(punched, punched) == (0, 0)
    assert differences(punched, Counter([fact("1"), fact("3")])) == (2, 0)
    assert differences(punched, punched + Counter([fact("1"), fact("9")])) == (0, 2)
    assert differences(punched, Counter([fact("1"), fact("2", "2026-03-02T12:00:01"), fact("3"), fact("3")])) == (1, 1)


@given(st.floats(6, 3600))
def test_a_round_cuts_restores_and_restarts_in_this_order(seconds: float) -> None:
    steps = plan(seconds)
    assert [step.act for step in steps] == ["cut", "restore", "restart"]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[0].at > 0
    assert steps[-1].at < seconds


@given(st.integers(1, 5000), st.floats(6, 3600), st.lists(st.floats(0, 4000), min_size=2))
def test_punches_are_spread_evenly_and_end_at_the_total(total: int, seconds: float, moments: list[float]) -> None:
    due = [punches_due(moment, seconds, total) for moment in sorted(moments)]
    assert due == sorted(due)
    assert punches_due(0, seconds, total) == 0
    assert punches_due(seconds, seconds, total) == total
    assert max(due) <= total


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log" / "000001-7f3a9c2e").mkdir(parents=True)
    return tmp_path


def line(raw: bytes) -> bytes:
    return b"E 00000000 %d %b\n" % (len(raw), raw)


def test_a_log_folder_is_read_on_where_it_was_left(folder: Path) -> None:
    log, chain = LogFolder(folder), Chain()
    log.read()
    assert (log.entries, log.punches, log.highest) == (0, 0, 0)
    first, second = folder / "log" / "000001-7f3a9c2e" / "1.log", folder / "log" / "000001-7f3a9c2e" / "3.log"
    entries = [line(chain.audit()), line(chain.punch()), line(chain.punch())]
    first.write_bytes(b"H 00000000 2 {}\n" + entries[0] + entries[1][:40])
    log.read()
    assert (log.entries, log.punches, log.highest) == (1, 0, 1)
    first.write_bytes(b"H 00000000 2 {}\n" + entries[0] + entries[1])
    second.write_bytes(b"H 00000000 2 {}\n" + entries[2] + b"E nonsense\n\xff\xfe\n")
    for _ in range(2):
        log.read()
        assert (log.entries, log.punches, log.highest, log.logid) == (3, 2, 3, chain.logid)


def test_a_log_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    log = LogFolder(tmp_path / "nowhere")
    log.read()
    assert log.entries == 0
