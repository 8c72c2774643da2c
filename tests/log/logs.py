"""What the tests of the log share: drafts, options, and the one judgement that every log must pass."""

import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contract.chain import GENESIS, entry_hash
from contract.entry import AUDIT, PUNCH, parse
from gateway.entries import Draft, Stored
from gateway.log.disk import Disk
from gateway.log.log import Log, LogOptions

GATEWAY = "gw1"
SOURCE = "/kec-pampangan/gw1"
DOOR = "/kec-pampangan/pintu-depan"
START = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)


def quick_folder() -> Path:
    """A new folder, in memory where there is one: for thousands of small logs that no power cut will meet."""
    memory = Path("/dev/shm")  # noqa: S108 - memory is what is meant
    return Path(tempfile.mkdtemp(prefix="ketuk-test-", dir=memory if os.access(memory, os.W_OK) else None))


class Clock:
    """Hands out one minute after another, so that the age of every entry is known."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def __call__(self) -> str:
        self.time += timedelta(minutes=1)
        return self.time.isoformat()


def options(disk: Disk | None = None, **changes: Any) -> LogOptions:
    """Options with small segments, so that a few entries already rotate."""
    made = LogOptions(gateway=GATEWAY, source=SOURCE, now=Clock(), segment_bytes=2000, allow_volatile=True)
    return replace(made, disk=disk or Disk(), **changes)


def open_log(data: Path, disk: Disk | None = None, **changes: Any) -> Log:
    """The log in `data`, with small segments."""
    return Log(data, options(disk, **changes))


def punch(number: int, *, source: str = DOOR) -> Draft:
    """The punch `number`: the same number is the same fact."""
    data: dict[str, object] = {"method": "finger", "direction": "in", "raw": f"{number:08x}"}
    return Draft(PUNCH, source, data, id=f"fact-{number}", subject=f"pin:{1000 + number}", time=START.isoformat())


def punches(*numbers: int) -> list[Draft]:
    """The punches of these numbers."""
    return [punch(number) for number in numbers]


def note(text: str) -> Draft:
    """A draft without an identity: never a duplicate."""
    return Draft(AUDIT, DOOR, {"event": "alarm", "detail": {"note": text}})


def everything(log: Log) -> list[Stored]:
    """All entries that the present epoch holds."""
    return log.read(0, 10**9)


def event(raw: bytes) -> dict[str, Any]:
    """An entry's attributes."""
    return json.loads(raw)  # type: ignore[no-any-return]


def facts(entries: Iterable[Stored]) -> list[str]:
    """The ids of the punches among `entries`."""
    return [str(event(entry.raw)["id"]) for entry in entries if entry.kind == PUNCH]


def events(entries: Iterable[Stored], word: str) -> list[dict[str, Any]]:
    """The details of the audit entries that say `word`."""
    data = [event(entry.raw)["data"] for entry in entries if entry.kind == AUDIT]
    return [item["detail"] for item in data if item["event"] == word]


def lost(entries: Iterable[Stored]) -> set[int]:
    """The sequences that audit entries say were lost."""
    ranges = list(itertools.chain.from_iterable(d.get("lost", ()) for d in events(entries, "log-damaged")))
    assert all(last - first < 1_000_000 for first, last in ranges), "more lost than there can have been"
    return {sequence for first, last in ranges for sequence in range(first, last + 1)}


def check_chain(entries: Sequence[Stored], logid: str, *, gaps: Iterable[int] = ()) -> None:
    """Every entry is valid, of this log, and continues the one before; only `gaps` may be missing in between."""
    allowed = set(gaps)
    before: Stored | None = None
    for entry in entries:
        parsed = parse(entry.raw)
        assert parsed["logid"] == logid
        assert int(str(parsed["sequence"])) == entry.sequence
        if before is not None:
            missing = set(range(before.sequence + 1, entry.sequence))
            assert missing <= allowed, f"{sorted(missing - allowed)} are missing"
            assert before.sequence < entry.sequence
            if not missing:
                assert parsed["prevhash"] == entry_hash(before.raw), f"the chain breaks at {entry.sequence}"
        elif entry.sequence == 1:
            assert parsed["prevhash"] == GENESIS
        before = entry


def check_log(log: Log, *, gaps: Iterable[int] = ()) -> list[Stored]:
    """The invariants of any log at any time; returns its entries."""
    marks, entries = log.marks(), everything(log)
    marks = log.marks()
    check_chain(entries, marks.logid, gaps=gaps)
    assert marks.oldest - 1 <= marks.published < marks.next
    assert 0 <= marks.confirmed < marks.next
    if entries:
        assert entries[0].sequence >= marks.oldest
        assert entries[-1].sequence < marks.next
    identities = [(event(entry.raw)["source"], event(entry.raw)["id"]) for entry in entries]
    assert len(set(identities)) == len(identities), "a fact was recorded twice"
    return entries


def segments(log_folder: Path) -> list[Path]:
    """The segment files of all epochs under `<data>/log`, oldest first."""
    return sorted(log_folder.glob("*/*.log"))
