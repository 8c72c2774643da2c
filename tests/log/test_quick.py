"""The quick reading of a sealed segment hands out what was sealed, or nothing."""

import random
from pathlib import Path

import pytest

from gateway.entries import Draft, Stored
from gateway.log.log import Log, LogOptions
from gateway.log.quick import entries_as_sealed
from gateway.log.sealed import Sealed


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Sealed, bytes, list[Stored]]:
    options = LogOptions(
        "gw1", "/kec/gw1", lambda: "2026-11-24T07:00:00.000+07:00", segment_bytes=8000, allow_volatile=True
    )
    log = Log(tmp_path, options)
    kinds = ("punch", "audit")
    written = [log.append([Draft(kinds[n % 2], "/kec/pintu", {"n": n, "prevhash": "0" * 64})])[0] for n in range(60)]
    log.close()
    path = sorted(tmp_path.glob("log/*/*.log"))[1]
    index = path.with_suffix(".idx")
    assert index.exists()
    from gateway.log.disk import Disk
    from gateway.log.sealed import read_index

    found = read_index(Disk(), index, log.marks().logid)
    assert found is not None
    segment = found.sealed(path)
    return segment, path.read_bytes(), [e for e in written if segment.first <= e.sequence <= segment.last]


def test_it_reads_what_was_written(sealed: tuple[Sealed, bytes, list[Stored]]) -> None:
    segment, buffer, written = sealed
    assert entries_as_sealed(buffer, segment) == written


def test_no_altered_byte_gets_through(sealed: tuple[Sealed, bytes, list[Stored]]) -> None:
    segment, buffer, written = sealed
    chance = random.Random(7)
    refused = 0
    for _ in range(3000):
        at, bit = chance.randrange(len(buffer)), 1 << chance.randrange(8)
        altered = buffer[:at] + bytes([buffer[at] ^ bit]) + buffer[at + 1 :]
        entries = entries_as_sealed(altered, segment)
        assert entries in (None, written)
        refused += entries is None
    assert refused > 2500


def test_lines_exchanged_dropped_or_added_are_refused(sealed: tuple[Sealed, bytes, list[Stored]]) -> None:
    segment, buffer, _ = sealed
    lines = buffer.splitlines(keepends=True)
    for other in (
        [*lines[:2], lines[3], lines[2], *lines[4:]],
        [*lines[:3], *lines[4:]],
        [*lines[:3], lines[2], *lines[3:]],
        lines[:-1],
        [],
    ):
        assert entries_as_sealed(b"".join(other), segment) is None
