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

from contract import audit
from contract.chain import GENESIS
from contract.entry import AUDIT, ContractError, parse
from gateway.entries import Draft
from gateway.log.chain import ChainEnd, chained
from gateway.log.disk import Disk
from gateway.log.journal import Journal
from gateway.log.repair import MAX_SHOWN
from gateway.log.scan import head_of
from gateway.log.seen import Seen
from gateway.log.segment import numbered, read_header, segment_path

logger = logging.getLogger(__name__)

_BATCH = 500
_NAME = re.compile(r"([0-9]{6,18})-([0-9a-f]{8})")


class Epoch(NamedTuple):
    """One epoch's folder and name."""

    number: int
    folder: Path
    logid: str


def epochs(disk: Disk, root: Path, gateway: str) -> list[Epoch]:
    """All epochs under `root` that ever held an entry, oldest first.

    One whose files do not say its name is taken for the gateway's own.
    """
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        name = _NAME.fullmatch(folder.name)
        if name is not None and folder.is_dir() and (numbered(folder, ".log") or numbered(folder, ".idx")):
            found.append(Epoch(int(name[1]), folder, _logid_in(disk, folder, name[2]) or f"{gateway}.{name[2]}"))
    return sorted(found)


def epoch_of(disk: Disk, folder: Path) -> Epoch:
    """The epoch in `folder`, whatever the folder is called. Raises OSError."""
    name = _NAME.fullmatch(folder.name)
    number, random = (int(name[1]), name[2]) if name is not None else (0, "")
    return Epoch(number, folder, _logid_in(disk, folder, random) or f"?.{random or '?'}")


def _logid_in(disk: Disk, folder: Path, random: str) -> str | None:
    """The log's id by its own files: the gateway may have been renamed, or the folder come from another one."""
    for first in numbered(folder, ".log"):
        header = read_header(disk, segment_path(folder, first))
        if header is not None and random in ("", header.logid.rpartition(".")[2]):
            return header.logid
    return None


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
    """A new epoch, complete, or none at all: it gets its name last. Raises OSError.

    Its name is on the medium only when the caller has synced the folder `root`.
    """
    random = secrets.token_hex(4)
    logid = f"{making.gateway}.{random}"
    building = making.root / f"{making.number:06d}-{random}.new"
    folder = building.with_suffix("")
    try:
        disk.mkdir(building)
        _fill(disk, building, logid, making, now)
        disk.rename(building, folder)
    except OSError:
        discard(disk, building)
        raise
    return Epoch(making.number, folder, logid)


def _fill(disk: Disk, building: Path, logid: str, making: Making, now: str) -> None:
    journal = Journal(building, logid, Seen(), disk=disk, segment_bytes=making.segment_bytes)
    try:
        raw, end = chained(making.first, logid, ChainEnd(0, GENESIS), now)
        batch = [raw]
        for old in making.carried:
            raw, end = _carried(old, making.first.source, logid, end)
            batch.append(raw)
            if len(batch) >= _BATCH:
                journal.append(batch)
                batch = []
        journal.append(batch)
    finally:
        journal.close()


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


def _carried(old: bytes, source: str, logid: str, end: ChainEnd) -> tuple[bytes, ChainEnd]:
    """The same fact in the new log. `recordedtime` stays: it tells when the gateway first had it on disk."""
    head = head_of(old)
    try:
        event = parse(old)
        draft = Draft(
            kind=head.kind,
            source=str(event["source"]),
            id=str(event["id"]),
            subject=event.get("subject"),  # type: ignore[arg-type]
            time=event.get("time"),  # type: ignore[arg-type]
            data=event["data"],  # type: ignore[arg-type]
        )
        return chained(draft, logid, end, head.recordedtime)
    except ContractError as error:  # somebody altered it: it cannot be an entry again, but it must not disappear
        detail: dict[str, object] = {"sequence": head.sequence, "reason": str(error)}
        evidence = Draft(AUDIT, source, audit.data("record-unreadable", detail, raw=old[:MAX_SHOWN]))
        return chained(evidence, logid, end, head.recordedtime)
