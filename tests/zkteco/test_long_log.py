"""A whole log read by a fresh gateway, again, after a restart, in a new epoch, and after a month alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.chain import entry_hash
from simulators.zkteco import TerminalServer
from tests.zkteco.long_log import held, office, opened, read_all, recorded, work_alone

LOST = "f" * 64
"""A hash that no entry has: the centre knows another history, the log opens a new epoch."""


@pytest.mark.parametrize("records", [3_000, pytest.param(100_000, marks=pytest.mark.soak)])
@pytest.mark.timeout(900)
def test_each_punch_is_recorded_once_however_often_it_is_read(
    records: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with TerminalServer("tft-tcp", users=100, records=records, pause=0.0) as terminal:
        gateway = office(tmp_path, terminal)
        first = read_all(gateway, terminal)
        punches = recorded(gateway.data)
        assert {(person, time): 1 for _, person, time in punches} == dict(held(terminal))
        assert set(punches.values()) == {1}

        again = read_all(gateway, terminal)
        assert recorded(gateway.data) == punches

        (gateway.data / "state.json").unlink()  # where it was, and what the centre has: all is read as new
        forgetful = read_all(gateway, terminal)
        assert recorded(gateway.data) == punches

        _renew_epoch(gateway.data, confirmed=records // 2)
        carried = recorded(gateway.data)
        assert 0 < len(carried) < len(punches)
        (gateway.data / "state.json").unlink()
        renewed = read_all(gateway, terminal)
        assert recorded(gateway.data) == carried

        month = work_alone(terminal, 2_000)
        alone = read_all(gateway, terminal)
        assert len(recorded(gateway.data)) == len(carried) + len(month)
    for name, reading in (
        ("first", first),
        ("again", again),
        ("without its marks", forgetful),
        ("in a new epoch", renewed),
        ("a month later", alone),
    ):
        said = f"{records:,} records, {name}: {reading.seconds:.1f} s, {reading.memory_mb:.0f} MB at most"
        record_property(name, said)
        print(said)  # noqa: T201 - `make soak` shows it


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
