"""What may be deleted, what never, and what stays behind."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway.errors import LogFull
from gateway.log.log import Log
from gateway.log.verify import verify
from gateway.log.view import look
from tests.log.damage import flip, lines, make, reopened
from tests.log.logs import Clock, check_log, event, events, everything, facts, note, open_log, punch, punches, segments

LATE = "2999-01-01T00:00:00+00:00"


def fill(log: Log, entries: int, start: int = 2) -> None:
    for number in range(start, start + entries):
        log.append(punches(number))


def confirm(log: Log, through: int) -> None:
    """The centre holds everything through there."""
    entry = log.read(through - 1, 1)[0]
    assert entry.sequence == through
    assert not log.ack(log.marks().logid, through, entry_hash(entry.raw), []).forked


class TestByAge:
    def test_only_confirmed_whole_segments_go(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        firsts = [int(path.stem) for path in segments(tmp_path / "log")]
        confirm(log, firsts[3] + 1)
        assert log.expire(LATE) == 3
        assert log.marks().oldest == firsts[3]
        assert log.expire(LATE) == 0
        check_log(log)

    def test_only_those_that_are_older(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        confirm(log, 41)
        path = segments(tmp_path / "log")[2]
        newest = event(lines(path)[-1].payload)["recordedtime"]
        assert log.expire(newest) == 2, "a segment goes when its newest entry is older"
        assert log.expire(_plus_a_second(newest)) == 1

    @pytest.mark.parametrize("before", ["", "yesterday", "2026-01-05", None])
    def test_without_a_sound_time_nothing_goes_by_age(self, tmp_path: Path, before: str | None) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        confirm(log, 41)
        assert log.expire(before) == 0

    def test_the_newest_segment_stays(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 10)
        confirm(log, 11)
        log.expire(LATE)
        assert len(segments(tmp_path / "log")) == 1
        (recorded,) = log.append(punches(500))
        assert recorded.sequence == log.marks().next - 1

    def test_it_is_told(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        confirm(log, 41)
        oldest = log.marks().oldest
        gone = log.expire(LATE)
        (detail,) = events(everything(log), "log-expired")
        expected = {"logid": log.marks().logid, "first": oldest, "last": log.marks().oldest - 1, "segments": gone}
        assert detail == expected

    def test_unconfirmed_entries_never_go(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        log.published(41)
        assert log.expire(LATE) == 0
        assert len(facts(everything(log))) == 40

    def test_a_puback_confirms_when_the_broker_does(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, confirm="broker")
        fill(log, 40)
        log.published(41)
        assert log.marks().confirmed == 41
        assert log.expire(LATE) > 3

    def test_what_is_deleted_is_not_sent_again(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        confirm(log, 41)
        log.republish(3)
        log.expire(LATE)
        marks = log.marks()
        assert marks.published == marks.oldest - 1
        log.close()
        assert open_log(tmp_path).marks() == marks


class TestBySize:
    def test_confirmed_segments_make_room(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, max_bytes=10_000)
        for number in range(200):
            log.append(punches(number))
            confirm(log, log.marks().next - 1)
        assert log.size() < 14_000
        assert facts(check_log(log))[-1] == "fact-199"

    def test_undelivered_entries_fill_it(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, max_bytes=10_000)
        with pytest.raises(LogFull) as caught:
            fill(log, 200)
        assert "\n" not in str(caught.value)
        assert str(tmp_path) in str(caught.value)
        entries = check_log(log)
        assert len(facts(entries)) == entries[-1].sequence - 1, "something was dropped"
        assert log.pressure() >= 1.0

    def test_audit_entries_still_have_room(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, max_bytes=10_000)
        with pytest.raises(LogFull):
            fill(log, 200)
        assert log.append([note("the disk is full")])
        with pytest.raises(LogFull):
            log.append([punch(900), note("and so on")])

    def test_it_goes_on_once_the_centre_has_them(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, max_bytes=10_000)
        with pytest.raises(LogFull):
            fill(log, 200)
        confirm(log, log.marks().next - 1)
        assert log.append(punches(900))
        assert log.pressure() < 0.5

    def test_pressure_grows_with_what_is_not_confirmed(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, max_bytes=20_000)
        seen = [log.pressure()]
        fill(log, 20)
        seen.append(log.pressure())
        assert seen[1] > seen[0]
        while log.pressure() < 0.8:
            log.append([note("more")])
        assert log.size() >= 16_000
        confirm(log, log.marks().next - 1)
        assert log.pressure() == 0.0

    def test_an_older_epoch_goes_first(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, max_bytes=20_000)
        fill(log, 20)
        confirm(log, 10)
        assert log.ack(log.marks().logid, 999, "ab" * 32, []).forked
        older = [path for path in segments(tmp_path / "log") if path.parent.name.startswith("000001")]
        fill(log, 24, start=100)
        assert not older[0].exists()
        assert len(facts(check_log(log))) == 11 + 24
        assert log.size() < 21_000


class TestWhatStays:
    def test_facts_of_deleted_entries_are_known_after_a_restart(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        fill(log, 40)
        confirm(log, 41)
        assert log.expire(LATE) > 5
        assert not log.append(punches(*range(2, 42)))
        log.close()
        log = open_log(tmp_path)
        assert not log.append(punches(*range(2, 42)))

    def test_also_when_the_index_was_spoilt_before(self, tmp_path: Path) -> None:
        copy = make(tmp_path, entries=40)
        with reopened(copy) as log:
            for path in copy.folder.glob("*.idx"):
                flip(path, 40)
            confirm(log, 40)
            assert log.expire(LATE) > 5
        with reopened(copy) as log:
            assert not log.append(punches(*range(2, 41)))

    def test_the_oldest_memories_go(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, remembered=30)
        fill(log, 100)
        confirm(log, 101)
        log.expire(LATE)
        remaining = sorted((tmp_path / "log").glob("*/*.idx"))
        assert 30 - 6 <= 101 - int(remaining[0].stem) <= 30 + 6
        log.close()
        log = open_log(tmp_path, remembered=30)
        assert not log.append(punches(*range(80, 102)))
        assert log.append(punches(2)), "older facts are forgotten"
        check_log(log)

    def test_an_empty_epoch_goes_with_its_folder(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, remembered=10)
        fill(log, 20)
        assert log.ack(log.marks().logid, 999, "ab" * 32, []).forked
        log.expire(LATE)
        assert len(list((tmp_path / "log").iterdir())) == 1
        log.close()
        log = open_log(tmp_path, remembered=10)
        assert len(facts(check_log(log))) == 20


class TestBadFiles:
    @pytest.fixture
    def log_with_bad_files(self, tmp_path: Path) -> Log:
        copy = make(tmp_path, entries=60)
        for path in copy.segments()[:-1]:
            flip(path, lines(path)[1].offset + 50)
        log = open_log(tmp_path, bad_bytes=6000)
        everything(log)
        return log

    def test_together_they_are_bounded(self, log_with_bad_files: Log, tmp_path: Path) -> None:
        log = log_with_bad_files
        before = sorted((tmp_path / "log").glob("*/*.bad"))
        log.expire(None)
        after = sorted((tmp_path / "log").glob("*/*.bad"))
        assert 0 < sum(path.stat().st_size for path in after) <= 6000
        assert after == before[-len(after) :], "the oldest go first"
        log.close()

    def test_they_go_by_age(self, log_with_bad_files: Log, tmp_path: Path) -> None:
        log = log_with_bad_files
        log.expire("2000-01-01T00:00:00+00:00")
        assert list((tmp_path / "log").glob("*/*.bad"))
        log.expire(LATE)
        assert not list((tmp_path / "log").glob("*/*.bad"))
        log.close()


def test_deleted_by_hand_before_the_centre_had_them(tmp_path: Path) -> None:
    copy = make(tmp_path, entries=30)
    with reopened(copy) as log:
        confirm(log, 3)
    for path in copy.segments()[:2]:
        path.unlink()
    with reopened(copy) as log:
        entries = check_log(log)
        (detail,) = events(entries, "log-damaged")
        assert detail["lost"] == [[4, log.marks().oldest - 1]]


def test_a_watermark_from_before_what_is_deleted(tmp_path: Path) -> None:
    """The centre came back from an old backup: what is still held is sent again, and nothing else happens."""
    log = open_log(tmp_path)
    fill(log, 40)
    first = log.read(2, 1)[0]
    confirm(log, 41)
    log.expire(LATE)
    oldest = log.marks().oldest
    outcome = log.ack(log.marks().logid, 3, entry_hash(first.raw), [])
    assert not outcome.forked
    assert outcome.marks.published == oldest - 1
    assert log.unpublished(1)[0].sequence == oldest
    check_log(log)
    log.close()
    log = open_log(tmp_path)
    assert not events(check_log(log), "log-damaged"), "it was deleted rightly"
    log.close()
    view = look(tmp_path)
    assert verify(view.epochs[0], present=True, marks=view.read_marks).ok


def test_a_closed_log_deletes_nothing(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    fill(log, 40)
    confirm(log, 41)
    log.close()
    before = sorted(tmp_path.rglob("*"))
    assert log.expire(LATE) == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_log_of_one_year_stays_readable_at_both_ends(tmp_path: Path) -> None:
    clock = Clock()
    log = open_log(tmp_path, now=clock)
    fill(log, 300)
    for entry in (log.read(0, 1)[0], log.read(150, 1)[0], log.read(300, 1)[0]):
        assert list(log.replay(entry.sequence, entry.sequence)) == [entry]


def _plus_a_second(time: str) -> str:
    return (datetime.fromisoformat(time) + timedelta(seconds=1)).isoformat()
