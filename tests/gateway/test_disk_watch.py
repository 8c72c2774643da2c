"""The watch over space and disk, on the real log."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.entry import parse
from gateway.disk_watch import DiskWatch
from gateway.entries import Draft
from gateway.errors import LogError, LogFull, LogUnwritable
from gateway.log.log import Log, LogOptions
from tests.gateway.house import RefusingDisk


class Watched:
    """A log on a disk that can refuse, and its watch."""

    def __init__(self, data: Path, max_bytes: int) -> None:
        self.disk = RefusingDisk()
        options = LogOptions(
            "gw1",
            "/kec/gw1",
            lambda: "2026-11-24T07:00:00.000+07:00",
            max_bytes=max_bytes,
            segment_bytes=4000,
            allow_volatile=True,
            disk=self.disk,
        )
        self.log = Log(data, options)
        self.watch = DiskWatch(self.log, data, "/kec/gw1", max_bytes)

    def fill(self, count: int) -> None:
        for number in range(count):
            try:
                self.log.append([Draft("punch", "/kec/pintu", {"n": number}, id=f"n{number}")])
            except LogError as error:
                self.watch.failed(error)
                return

    def events(self) -> list[object]:
        entries = self.log.read(0, 10_000)
        return [parse(e.raw)["data"]["event"] for e in entries if e.kind == "audit"]  # type: ignore[index]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, 100_000)
    yield watched
    watched.log.close()


def test_a_failing_disk_is_told_and_its_recovery_is_on_record(watched: Watched) -> None:
    watched.disk.full = True
    watched.fill(1)
    assert "No space left on device" in watched.watch.problem
    watched.watch.check()
    assert watched.events() == ["log-created"]
    watched.disk.full = False
    watched.watch.check()
    assert watched.events() == ["log-created", "disk-ok"]
    assert watched.watch.problem == ""


def test_it_is_loud_from_four_fifths_and_says_so_once(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    while watched.log.pressure() < 0.82:
        watched.log.append([Draft("punch", "/kec/pintu", {"x": "y" * 500})])
    with caplog.at_level(logging.CRITICAL):
        watched.watch.check()
        watched.watch.check()
    assert watched.events().count("disk-80") == 1
    assert len([r for r in caplog.records if r.levelno == logging.CRITICAL]) == 1


def test_a_full_log_refuses_punches_not_evidence_and_recovers_when_delivered(watched: Watched) -> None:
    watched.fill(10_000)
    assert "undelivered entries fill" in watched.watch.problem
    assert not watched.watch.room
    before = watched.events()
    watched.watch.check()
    watched.watch.check()
    assert [e for e in watched.events() if e not in before] == ["disk-80"]
    marks = watched.log.marks()
    watched.log.ack(marks.logid, marks.next - 2, _hash_of(watched.log, marks.next - 2), [])
    watched.log.append([Draft("punch", "/kec/pintu", {"after": True})])
    watched.watch.check()
    assert watched.watch.room
    assert watched.watch.problem == ""


def test_the_errors_name_the_folder_and_what_to_do(watched: Watched, tmp_path: Path) -> None:
    watched.disk.full = True
    with pytest.raises(LogUnwritable) as unwritable:
        watched.log.append([Draft("punch", "/kec/pintu", {})])
    assert str(unwritable.value).startswith(f"{tmp_path}/log: cannot write: No space left on device")
    watched.disk.full = False
    while watched.log.pressure() < 1:
        watched.log.append([Draft("punch", "/kec/pintu", {})])
    with pytest.raises(LogFull, match="bring the line up"):
        watched.log.append([Draft("punch", "/kec/pintu", {})])


def _hash_of(log: Log, sequence: int) -> str:
    from contract.chain import entry_hash

    return entry_hash(next(log.replay(sequence, sequence)).raw)


def test_a_disk_that_does_not_answer_is_loud_and_no_error(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(_: object) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.statvfs", gone)
    with caplog.at_level(logging.CRITICAL):
        watched.watch.check()
    assert "Input/output error" in caplog.records[0].getMessage()
    assert watched.events() == ["log-created"]
    assert "Input/output error" in str(watched.watch.facts()["problem"])
