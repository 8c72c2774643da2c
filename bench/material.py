"""The same entries for everybody: drafts for our log, their bytes for the peers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.chain import GENESIS
from gateway.entries import Draft
from gateway.log.chain import ChainEnd, chained
from gateway.log.log import Log, LogOptions

NOW = "2026-11-24T07:28:41.512+07:00"
LOGID = "gw1.7f3a9c2e"


def draft(number: int) -> Draft:
    """A punch like those of a ZKTeco terminal."""
    data: dict[str, object] = {
        "method": "finger",
        "direction": "in",
        "origin": "live",
        "clock": {"state": "synced", "offset_s": 0.4},
        "device": {"serial": "ABC1234567890", "time": "2026-11-24T07:28:41"},
        "raw": f"{number:064x}",
    }
    return Draft(
        "punch",
        "/kec-pampangan/pintu-depan",
        data,
        id=f"{number:032x}",
        subject=f"pin:{number % 10000}",
        time="2026-11-24T07:28:41+07:00",
    )


def raw(number: int) -> bytes:
    """The bytes of such an entry, for peers."""
    return chained(draft(number), LOGID, ChainEnd(number, GENESIS), NOW)[0]


def open_log(folder: Path) -> Log:
    """A log of ours in `folder`, kept as in production."""
    return Log(folder, LogOptions(gateway="gw1", source="/kec-pampangan/gw1", now=lambda: NOW, max_bytes=1 << 30))


def fill(log: Log, count: int, start: int = 0) -> None:
    """Append `count` punches, 500 at a time."""
    for first in range(start, start + count, 500):
        log.append([draft(number) for number in range(first, min(first + 500, start + count))])


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk of the working directory (not /tmp, which may be memory)."""
    path = Path(tempfile.mkdtemp(prefix=".bench-", dir=Path.cwd()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
