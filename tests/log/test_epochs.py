"""A log that can no longer be trusted to be the only one of its name, or to be all of it, begins a new epoch."""

import shutil
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.log.log import Log
from tests.log.damage import forge, make, reopened
from tests.log.logs import check_log, event, events, everything, facts, note, open_log, punches


def fork(log: Log) -> None:
    """The centre's hash differs."""
    logid = log.marks().logid
    assert log.ack(logid, log.marks().next - 1, "ab" * 32, []).forked
    assert log.marks().logid != logid


def confirm(log: Log, through: int) -> None:
    entry = log.read(through - 1, 1)[0]
    assert not log.ack(log.marks().logid, through, entry_hash(entry.raw), []).forked


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = open_log(tmp_path / "data")
    log.append(punches(*range(2, 21)))
    return log


class TestFork:
    def test_what_is_not_confirmed_is_carried_over(self, log: Log) -> None:
        confirm(log, 10)
        before = {event(e.raw)["id"]: event(e.raw) for e in everything(log)}
        old = log.marks()
        fork(log)
        first, *carried = check_log(log)
        assert facts(carried) == [f"fact-{n}" for n in range(11, 21)]
        changed = {"logid", "sequence", "prevhash"}
        for entry in carried:
            attributes = event(entry.raw)
            was = before[attributes["id"]]
            assert {k: v for k, v in attributes.items() if k not in changed} == {
                k: v for k, v in was.items() if k not in changed
            }
        (why,) = events([first], "log-forked")
        assert why["previous"]["logid"] == old.logid
        assert why["previous"]["through"] == 10
        assert why["held"] == 20
        assert log.marks().published == log.marks().confirmed == 0

    def test_entries_without_an_identity_of_their_own_keep_the_one_they_got(self, log: Log) -> None:
        (recorded,) = log.append([note("once")])
        fork(log)
        assert [e for e in everything(log) if event(e.raw)["id"] == event(recorded.raw)["id"]]

    def test_nothing_is_recorded_twice_over_it(self, log: Log) -> None:
        fork(log)
        assert not log.append(punches(*range(2, 21)))
        fork(log)
        assert not log.append(punches(*range(2, 21)))
        assert len(facts(check_log(log))) == 19

    def test_it_survives_a_restart(self, log: Log, tmp_path: Path) -> None:
        fork(log)
        log.append(punches(100))
        before, marks = everything(log), log.marks()
        log.close()
        log = open_log(tmp_path / "data")
        assert check_log(log) == before
        assert log.marks() == marks

    def test_the_centre_knows_more(self, log: Log) -> None:
        assert log.ack(log.marks().logid, 21, "ab" * 32, []).forked
        (why,) = events(everything(log), "log-forked")
        assert why["through"] == 21

    def test_two_in_a_row_carry_everything_once(self, log: Log) -> None:
        confirm(log, 5)
        fork(log)
        confirm(log, 6)
        fork(log)
        assert facts(check_log(log)) == [f"fact-{n}" for n in range(11, 21)]

    def test_what_cannot_be_an_entry_again_is_told(self, log: Log, tmp_path: Path) -> None:
        log.close()
        (path,) = [p for p in (tmp_path / "data/log").glob("*/*.log") if int(p.stem) == 1]
        forge(path, 3, b'"specversion":"1.0"', b'"specversion":"9.9"')
        log = open_log(tmp_path / "data")
        fork(log)
        entries = check_log(log)
        (told,) = events(entries, "record-unreadable")
        assert int(told["sequence"]) == 4
        assert facts(entries) == [f"fact-{n}" for n in range(2, 21) if n != 4]

    def test_a_reader_of_the_old_numbers_gets_none_of_the_new_ones(self, log: Log) -> None:
        confirm(log, 15)
        reading = log.replay(1, 1000)
        assert next(reading).sequence == 1
        fork(log)
        log.append(punches(*range(300, 340)))
        assert all(event(e.raw)["logid"] != log.marks().logid for e in reading)


class TestLoss:
    def test_marks_above_the_end(self, tmp_path: Path) -> None:
        """The folder was restored from an older copy, the marks were not."""
        copy = make(tmp_path / "a", entries=30, published=30)
        for path in copy.segments()[-2:]:
            path.unlink()
            path.with_suffix(".idx").unlink(missing_ok=True)
        with reopened(copy) as log:
            entries = check_log(log)
            assert log.marks().logid != event(copy.entries[0].raw)["logid"]
            (why,) = [d for d in events(entries, "log-created") if d["reason"] == "entries lost"]
            assert (why["marks"], why["previous"]["through"]) == (30, 0)
            assert set(facts(entries)) <= set(facts(copy.entries))
            assert len(facts(entries)) == why["held"] - 1

    def test_lost_entries_are_taken_again_from_the_device(self, tmp_path: Path) -> None:
        copy = make(tmp_path / "a", entries=30, published=30)
        for path in copy.segments()[-2:]:
            path.unlink()
            path.with_suffix(".idx").unlink(missing_ok=True)
        with reopened(copy) as log:
            held = set(facts(everything(log)))
            again = facts(log.append(punches(*range(2, 31))))
            assert again == [fact for fact in facts(copy.entries) if fact not in held]

    def test_a_later_epoch_is_gone(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        log = open_log(data)
        log.append(punches(*range(2, 21)))
        log.close()
        shutil.copytree(data / "log", tmp_path / "backup")
        log = open_log(data)
        fork(log)
        log.append(punches(50))
        forked = log.marks().logid
        log.close()
        shutil.rmtree(data / "log")
        shutil.copytree(tmp_path / "backup", data / "log")
        log = open_log(data)
        (why,) = [d for d in events(check_log(log), "log-created") if d["reason"] != "first start"]
        assert why["lost"] == forked
        assert facts(everything(log)) == [f"fact-{n}" for n in range(2, 21)]

    def test_the_whole_log_is_gone(self, log: Log, tmp_path: Path) -> None:
        before = log.marks().logid
        log.published(5)
        log.close()
        shutil.rmtree(tmp_path / "data/log")
        log = open_log(tmp_path / "data")
        (why,) = events(check_log(log), "log-created")
        assert why["lost"] == before

    def test_another_gateways_log(self, log: Log, tmp_path: Path) -> None:
        """The gateway was renamed, or its card is a copy of another gateway's."""
        confirm(log, 10)
        log.close()
        log = open_log(tmp_path / "data", gateway="gw2")
        assert log.marks().logid.startswith("gw2.")
        assert facts(check_log(log)) == [f"fact-{n}" for n in range(11, 21)]
        assert not log.append(punches(*range(2, 21)))
        marks = log.marks()
        log.close()
        assert open_log(tmp_path / "data", gateway="gw2").marks() == marks


class TestInterrupted:
    def test_a_half_made_epoch_is_nothing(self, log: Log, tmp_path: Path) -> None:
        before = everything(log)
        log.close()
        making = tmp_path / "data/log/000002-0badcafe.new"
        making.mkdir()
        (making / "00000000000000000001.log").write_bytes(b"H 0000")
        (making / "00000000000000000001.idx.tmp").write_bytes(b"")
        log = open_log(tmp_path / "data")
        assert check_log(log) == before
        assert not making.exists()

    def test_an_empty_epoch_folder(self, log: Log, tmp_path: Path) -> None:
        """What a file system without a journal may leave: the folder's name, and nothing in it."""
        before = everything(log)
        log.close()
        (tmp_path / "data/log/000002-0badcafe").mkdir()
        log = open_log(tmp_path / "data")
        log.append(punches(100))
        log.close()
        log = open_log(tmp_path / "data")
        assert check_log(log)[:-1] == before
        assert facts(everything(log))[-1] == "fact-100"


def test_an_ack_of_a_lost_entry_is_no_fork(tmp_path: Path) -> None:
    """We hold it no more and cannot contradict; the centre's word is all there is."""
    copy = make(tmp_path, entries=30)
    path = copy.segments()[2]
    gone = int(path.stem) + 1
    lost: Stored = copy.entries[gone - 1]
    path.unlink()
    with reopened(copy) as log:
        outcome = log.ack(log.marks().logid, gone, entry_hash(lost.raw), [])
        assert not outcome.forked
        assert outcome.marks.confirmed == gone
