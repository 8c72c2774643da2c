"""The gateway's signatures: made in time, right by the centre's own judgement, and keys that change hands openly."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from central.entries import held
from central.proof.findings import LogFindings
from central.proof.trust import Trust
from central.proof.walk import Walk
from contract import audit
from contract.checkpoint import key_name
from contract.entry import AUDIT, PUNCH
from gateway import keys
from gateway.checkpoint import Checkpointer
from gateway.entries import Draft
from gateway.errors import LogFull
from gateway.log.log import Log, LogOptions
from tests.schemas import check_entry

NOW = "2026-03-02T07:28:00+07:00"
SOURCE = "/kec-pampangan/gw1"


def opened(data: Path, **more: Any) -> Log:
    options = LogOptions(gateway="gw1", source=SOURCE, now=lambda: NOW, allow_volatile=True, **more)
    return Log(data, options)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = opened(tmp_path)
    yield log
    log.close()


def punch(number: int) -> Draft:
    data: dict[str, object] = {"method": "finger", "direction": "in", "origin": "live", "clock": {"state": "synced"}}
    data |= {"device": {"serial": "S"}, "raw": "00"}
    return Draft(PUNCH, "/kec-pampangan/pintu", data, id=f"{number}", subject="pin:1", time=NOW)


def walked(log: Log, trust: Trust) -> LogFindings:
    findings = LogFindings(log.marks().logid, "kec-pampangan", "gw1")
    walk = Walk(findings, trust)
    for entry in log.read(0, 100_000):
        walk.take(entry.sequence, entry.raw)
    return walk.finish()


def trusting(*publics: str) -> Trust:
    made = Trust({})
    for public in publics:
        made.keys[key_name(bytes.fromhex(public))] = bytes.fromhex(public)
    return made


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def kinds(log: Log) -> list[str]:
    return [entry.kind for entry in log.read(0, 100_000)]


def test_five_hundred_entries_are_signed_at_once_and_all_of_it_holds(tmp_path: Path, log: Log) -> None:
    signs = Checkpointer(log, tmp_path, SOURCE)
    signs.start()
    for first in range(0, 3000, 100):
        log.append([punch(number) for number in range(first, first + 100)])
        time.sleep(0.002)
    until(lambda: kinds(log).count("checkpoint") >= 3)
    signs.stop()
    public = keys.load(tmp_path / keys.NAME).public
    assert signs.birth() == {"key": public}
    findings = walked(log, trusting(public))
    assert not findings.wrong
    assert (findings.unsigned, findings.verified_to) == (0, log.marks().next - 2)
    for entry in log.read(0, 100_000):
        check_entry(entry.raw, f"ketuk/v1/kec-pampangan/gw1/log/{entry.kind}")


@pytest.mark.parametrize("batch", [1, 7, 499, 500, 1700])
def test_never_more_than_five_hundred_follow_one_another_unsigned(
    tmp_path: Path, log: Log, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However fast they come: nobody looks at the log in between."""
    monkeypatch.setattr("gateway.checkpoint._LOOK_S", 60.0)
    signs = Checkpointer(log, tmp_path, SOURCE)
    signs.start()
    for first in range(0, 3400, batch):
        log.append([punch(number) for number in range(first, first + batch)])
    ends = [number for number, kind in enumerate(kinds(log), start=1) if kind == "checkpoint"]
    assert max(after - before for before, after in itertools.pairwise([0, *ends])) <= 501
    assert len(kinds(log)) - ends[-1] <= 500
    assert len(ends) < 12, "as few as are needed"
    signs.stop()
    assert not walked(log, trusting(keys.load(tmp_path / keys.NAME).public)).wrong


def test_what_nobody_thought_of_ends_neither_signing_nor_recording(
    tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    signs = Checkpointer(log, tmp_path, SOURCE, after_s=0.05)
    monkeypatch.setattr("gateway.checkpoint._RETRY_S", 0.01)
    signs.start()
    with monkeypatch.context() as patch:
        patch.setattr(keys.SigningKey, "sign", lambda *_: 1 / 0)
        log.append([punch(number) for number in range(1200)])
        until(lambda: "ZeroDivisionError" in caplog.text)
    until(lambda: kinds(log)[-1] == "checkpoint")
    signs.stop()


def test_a_few_entries_are_signed_soon_and_silence_is_not(tmp_path: Path, log: Log) -> None:
    signs = Checkpointer(log, tmp_path, SOURCE, after_s=0.2)
    signs.start()
    log.append([punch(1)])
    until(lambda: kinds(log)[-1] == "checkpoint")
    count = len(kinds(log))
    time.sleep(0.6)
    assert len(kinds(log)) == count
    log.append([punch(2)])
    until(lambda: kinds(log)[-1] == "checkpoint" and len(kinds(log)) == count + 2)
    signs.stop()


def test_a_checkpoint_stands_right_behind_what_it_signs_whoever_appends_meanwhile(tmp_path: Path, log: Log) -> None:
    signs = Checkpointer(log, tmp_path, SOURCE, after_s=0.0)
    signs.start()

    def busy(first: int) -> None:
        for number in range(first, first + 300):
            log.append([punch(number)])

    threads = [threading.Thread(target=busy, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    signs.stop()
    findings = walked(log, trusting(keys.load(tmp_path / keys.NAME).public))
    assert findings.problems == []
    assert findings.checkpoints > 1


class TestKeys:
    def test_made_once_for_its_owner_alone_and_told(self, tmp_path: Path, log: Log) -> None:
        for _ in range(2):
            signs = Checkpointer(log, tmp_path, SOURCE)
            signs.start()
            signs.stop()
        assert (tmp_path / keys.NAME).stat().st_mode & 0o777 == 0o600
        told = [entry for entry in log.read(0, 100) if b'"key-created"' in entry.raw]
        assert len(told) == 1
        assert keys.load(tmp_path / keys.NAME).public.encode() in told[0].raw

    def test_open_to_others_it_is_closed(self, tmp_path: Path) -> None:
        keys.make(tmp_path / keys.NAME)
        (tmp_path / keys.NAME).chmod(0o644)
        keys.load(tmp_path / keys.NAME)
        assert (tmp_path / keys.NAME).stat().st_mode & 0o777 == 0o600

    def test_one_that_is_none_is_set_aside_and_the_new_one_told_with_the_reason(self, tmp_path: Path, log: Log) -> None:
        (tmp_path / keys.NAME).write_text("half a k")
        signs = Checkpointer(log, tmp_path, SOURCE)
        signs.start()
        signs.stop()
        assert (tmp_path / keys.BAD).read_text() == "half a k"
        assert b"is no key in PEM" in next(e.raw for e in log.read(0, 100) if b'"key-created"' in e.raw)

    def test_rotation_is_signed_by_the_old_key_in_the_log(self, tmp_path: Path, log: Log) -> None:
        signs = Checkpointer(log, tmp_path, SOURCE, after_s=0.05)
        signs.start()
        old = keys.load(tmp_path / keys.NAME).public
        log.append([punch(1)])
        until(lambda: "checkpoint" in kinds(log))
        new = keys.make(tmp_path / keys.NEXT).public
        until(lambda: signs.birth() == {"key": new})
        log.append([punch(2)])
        signs.stop()
        trust = trusting(old)
        findings = walked(log, trust)
        assert findings.problems == []
        assert (findings.unsigned, len(trust.used)) == (0, 2)
        assert keys.load(tmp_path / keys.NAME).public == new
        assert not (tmp_path / keys.NEXT).exists()

    def test_killed_in_the_middle_of_a_rotation(
        self, tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = keys.make(tmp_path / keys.NAME).public
        new = keys.make(tmp_path / keys.NEXT).public
        with monkeypatch.context() as patch:
            patch.setattr(keys, "promote", _power_cut)
            first = Checkpointer(log, tmp_path, SOURCE)
            with pytest.raises(KeyboardInterrupt):
                first.start()
        second = Checkpointer(log, tmp_path, SOURCE)
        second.start()
        log.append([punch(1)])
        second.stop()
        findings = walked(log, trusting(old))
        assert (findings.problems, findings.unsigned) == ([], 0)
        assert sum(b'"key-rotated"' in entry.raw for entry in log.read(0, 100)) == 1
        assert second.birth() == {"key": new}

    def test_rotation_and_checkpoints_survive_a_new_epoch(self, tmp_path: Path, log: Log) -> None:
        signs = Checkpointer(log, tmp_path, SOURCE, after_s=0.05)
        signs.start()
        old = keys.load(tmp_path / keys.NAME).public
        new = keys.make(tmp_path / keys.NEXT).public
        until(lambda: signs.birth() == {"key": new})
        before = log.marks().logid
        assert log.ack(before, log.marks().next + 5, "ab" * 32, []).forked
        log.append([punch(1)])
        until(lambda: kinds(log)[-1] == "checkpoint")
        signs.stop()
        assert log.marks().logid != before
        findings = walked(log, trusting(old))
        assert (findings.problems, findings.unsigned) == ([], 0)


def fill(log: Log) -> None:
    for number in range(10_000):
        log.append([punch(number)])


def _power_cut(_data: Path) -> None:
    raise KeyboardInterrupt


def test_a_full_log_is_signed_all_the_same_and_nothing_is_held_up(tmp_path: Path) -> None:
    log = opened(tmp_path, max_bytes=64_000, segment_bytes=16_000)
    signs = Checkpointer(log, tmp_path, SOURCE, after_s=0.05)
    signs.start()
    with pytest.raises(LogFull):
        fill(log)
    until(lambda: kinds(log)[-1] == "checkpoint")
    signs.stop()
    log.close()


def test_a_disk_that_refuses_is_tried_again(tmp_path: Path, log: Log, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "gone"
    signs = Checkpointer(log, folder, SOURCE)
    signs.start()
    assert signs.birth() == {}
    signs.stop()
    assert "no checkpoint now" in caplog.text
    folder.mkdir()
    again = Checkpointer(log, folder, SOURCE)
    again.start()
    again.stop()
    assert kinds(log)[-1] == "checkpoint"


def test_held_reads_what_the_gateway_wrote(log: Log) -> None:
    log.append([Draft(AUDIT, SOURCE, audit.data("software-started", {}))])
    for entry in log.read(0, 10):
        assert held(entry.raw).key == (log.marks().logid, entry.sequence)
