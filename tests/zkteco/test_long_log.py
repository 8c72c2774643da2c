"""A whole log read by a fresh gateway, again, after a restart, in a new epoch, and after a month alone."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contract.chain import entry_hash
from simulators.zkteco import TerminalServer
from simulators.zkteco.profiles import PROFILES
from tests.e2e.office import verify
from tests.zkteco.long_log import month_to_come, office, opened, read_all, told, work_alone, written

LOST = "f" * 64
"""A hash that no entry has: the centre knows another history, the log opens a new epoch."""
STAFF = 100
MONTH = 22 * 2 * STAFF
"""Punches of a month: everybody comes and goes on 22 days."""
MEMORY_MB = 96
"""More would not leave room for anything else on a small board."""


@pytest.mark.parametrize(
    ("records", "month"), [(1_000, 300), pytest.param(100_000, MONTH, marks=pytest.mark.soak)], ids=["short", "long"]
)
@pytest.mark.timeout(1800)
def test_each_punch_is_recorded_once_however_often_it_is_read(
    records: int, month: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    profile = replace(PROFILES["tft-tcp"], log_capacity=records + month)
    server = TerminalServer(profile, users=STAFF, records=records + month, pause=0.0)
    to_come = month_to_come(server, month)
    readings = {}
    with server as terminal:
        gateway = office(tmp_path, terminal)
        readings["first"] = read_all(gateway, terminal)
        size = 4 + 40 * records
        assert len(re.findall(rf"reading \d+/{size} bytes", gateway.said)) >= size >> 20  # a line for each mebibyte
        punches = told(gateway.data)
        assert Counter(one[1:] for one in punches) == written(terminal)
        assert len({one.id for one in punches}) == records

        readings["again, by a gateway that was started again"] = read_all(gateway, terminal)
        assert told(gateway.data) == punches

        (gateway.data / "state.json").unlink()  # where it was, and what the centre has: all is read as new
        readings["by one that forgot where it was"] = read_all(gateway, terminal)
        assert told(gateway.data) == punches

        _renew_epoch(gateway.data, confirmed=records // 2)
        carried = told(gateway.data)
        assert carried == punches[-len(carried) :]
        assert 0 < len(carried) < records
        (gateway.data / "state.json").unlink()
        readings["in a new epoch"] = read_all(gateway, terminal)
        assert told(gateway.data) == carried

        work_alone(terminal, to_come)
        readings["after a month alone"] = read_all(gateway, terminal)
        after = told(gateway.data)
        assert after[: len(carried)] == carried
        everything = [*punches[: -len(carried)], *after]
        assert Counter(one[1:] for one in everything) == written(terminal)
        assert len({one.id for one in everything}) == records + month
        verify(gateway)
    for name, reading in readings.items():
        said = f"{records:,} records, {name}: {reading.seconds:.1f} s, {reading.memory_mb:.0f} MB at most"
        record_property(name, said)
        print(said)  # noqa: T201 - `make soak` shows it
        assert reading.memory_mb < MEMORY_MB


def _renew_epoch(data: Path, confirmed: int) -> None:
    """The centre has confirmed so many entries and then knows another history: the rest is carried over."""
    log = opened(data)
    logid = log.marks().logid
    (entry,) = log.read(confirmed - 1, 1)
    log.ack(logid, confirmed, entry_hash(entry.raw), [])
    outcome = log.ack(logid, confirmed + 1, LOST, [])
    log.close()
    assert outcome.forked
    assert outcome.marks.logid != logid
