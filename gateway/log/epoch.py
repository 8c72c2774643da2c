"""Epochs: a log's life between two losses. One folder each, `000001-7f3a9c2e`: the highest number is the present one.

A new epoch is opened when the old log can no longer be trusted to be the only one of its name: the first start, a
folder restored from an older copy, a cloned card, a hash that the centre does not share. What the centre has not
confirmed is carried over with the same `source` and `id`, so that nobody counts it twice.
"""

import logging
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from contract.chain import GENESIS
from contract.entry import parse
from gateway.entries import Draft
from gateway.log.chain import ChainEnd, chained
from gateway.log.disk import Disk
from gateway.log.journal import Journal
from gateway.log.scan import head_of
from gateway.log.seen import Seen

logger = logging.getLogger(__name__)

_BATCH = 500
_NAME = re.compile(r"([0-9]{6,18})-([0-9a-f]{8})")


class Epoch(NamedTuple):
    """One epoch's folder and name."""

    number: int
    folder: Path
    logid: str


def epochs(root: Path, gateway: str) -> list[Epoch]:
    """All epochs under `root`, oldest first."""
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        name = _NAME.fullmatch(folder.name)
        if name is not None and folder.is_dir():
            found.append(Epoch(int(name[1]), folder, f"{gateway}.{name[2]}"))
    return sorted(found)


class Making(NamedTuple):
    """What a new epoch is made of."""

    root: Path
    gateway: str
    number: int
    segment_bytes: int
    first: Draft
    """Its first entry: the audit entry that says why it was opened."""
    carried: Iterable[bytes] = ()
    """Exact bytes of the old epoch's entries that the centre has not confirmed."""


def create(disk: Disk, making: Making, now: str) -> Epoch:
    """A new epoch, durable and complete, or none at all: it gets its name last. Raises OSError."""
    random = secrets.token_hex(4)
    logid = f"{making.gateway}.{random}"
    building = making.root / f"{making.number:06d}-{random}.new"
    disk.mkdir(building)
    journal = Journal(building, logid, Seen(), disk=disk, segment_bytes=making.segment_bytes)
    try:
        raw, end = chained(making.first, logid, ChainEnd(0, GENESIS), now)
        batch = [raw]
        for old in making.carried:
            raw, end = _carried(old, logid, end)
            batch.append(raw)
            if len(batch) >= _BATCH:
                journal.append(batch)
                batch = []
        journal.append(batch)
    finally:
        journal.close()
    folder = building.with_suffix("")
    disk.rename(building, folder)
    disk.sync_folder(making.root)
    return Epoch(making.number, folder, logid)


def discard_unfinished(disk: Disk, root: Path) -> None:
    """Delete epochs whose making was interrupted: nothing was ever taken from the old one for them."""
    for folder in root.glob("*.new"):
        if _NAME.fullmatch(folder.stem) and folder.is_dir():
            discard(disk, folder)


def discard(disk: Disk, folder: Path) -> None:
    """Delete an epoch's folder with its files; one that stays is in nobody's way."""
    try:
        for path in folder.iterdir():
            disk.unlink(path)
        disk.rmdir(folder)
    except OSError as error:
        logger.warning("%s: cannot be deleted: %s", folder, error.strerror)


def _carried(old: bytes, logid: str, end: ChainEnd) -> tuple[bytes, ChainEnd]:
    """The same fact in the new log. `recordedtime` stays: it tells when the gateway first had it on disk."""
    event = parse(old)
    data = event["data"]
    draft = Draft(
        kind=head_of(old).kind,
        source=str(event["source"]),
        id=str(event["id"]),
        subject=event.get("subject"),  # type: ignore[arg-type]
        time=event.get("time"),  # type: ignore[arg-type]
        data=data if isinstance(data, dict) else {},
    )
    return chained(draft, logid, end, str(event["recordedtime"]))
