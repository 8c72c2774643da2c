"""What is done about a segment that is not as it was written. The bad bytes stay, under a `.bad` name.

Torn tail: a power cut interrupted a write that nobody was told of; the bytes are set aside and cut off.
Damage in the middle: the file is set aside as it is, and its good lines, unchanged, take its place:

    write 1.salvage, sync · rename 1.log -> 1.bad · rename 1.salvage -> 1.log · sync the folder

so that a crash at any point leaves either the old file or both new ones to be found by `finish`.
A line that is whole but does not fit its neighbours was altered by somebody: it stays where it is, and is told.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.log.disk import Disk
from gateway.log.record import HEADER, frame
from gateway.log.scan import Header, Scan

logger = logging.getLogger(__name__)

TORN, DAMAGED = "torn-tail", "log-damaged"
_NUMBER = "[0-9]" * 20
MAX_SHOWN = 512  # bytes of the damage that travel in the audit entry; the rest stays in the .bad file
MAX_RANGES = 100  # of lost sequences, and of breaks of the chain, in one audit entry


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something found wrong with a segment, to be told in an audit entry."""

    event: str
    """`torn-tail` or `log-damaged`"""
    file: str
    detail: dict[str, object]
    """What makes it this trouble and no other: found again, it is the same fact."""
    raw: bytes = b""
    kept_as: str = ""
    """The `.bad` file with the bytes as they were found; empty when the disk refused to keep them."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What `mend` did."""

    troubles: list[Trouble]
    as_written: bool
    """Whether the file now holds the lines that were written to it, all of them and nothing else."""
    settled: bool
    """Whether the disk let everything be done."""


def finish(disk: Disk, folder: Path) -> None:
    """Complete or undo a salvage that was interrupted, and delete what a crash left of other replacements."""
    for path in sorted(folder.glob(f"{_NUMBER}.salvage")):
        target = path.with_suffix(".log")
        if target.exists():
            discard(disk, path)
        else:
            disk.rename(path, target)
            disk.sync_folder(folder)
    for path in folder.glob(f"{_NUMBER}*.tmp"):
        discard(disk, path)


def discard(disk: Disk, path: Path) -> None:
    """Delete what is of no use; that it stays does no harm."""
    try:
        disk.unlink(path)
    except OSError as error:
        logger.warning("%s: cannot be deleted: %s", path, error.strerror)


def mend(disk: Disk, path: Path, buffer: bytes, found: Scan, logid: str) -> Mended:
    """Do what can be done about the segment `path`, read as `found`, and tell what was wrong.

    Where the disk refuses, the file stays as it is: what is good in it can be read all the same.
    """
    if found.damages or (found.header is None and found.entries):
        trouble = _salvage(disk, path, buffer, found, logid)
        return Mended([trouble], as_written=False, settled=bool(trouble.kept_as))
    troubles, settled = [], True
    if found.tail is not None:
        torn, settled = _cut_tail(disk, path, buffer, found.tail.offset)
        troubles.append(torn)
    if found.lost or found.breaks:
        troubles.append(Trouble(DAMAGED, path.name, missing(path, found.lost, found.breaks)))
    return Mended(troubles, settled and found.whole_but_torn, settled)


def missing(path: Path, lost: list[tuple[int, int]], breaks: list[int]) -> dict[str, object]:
    """The detail of a trouble: sequences that are lost, pairs of neighbours of which one was altered."""
    detail: dict[str, object] = {
        "file": path.name,
        "lost": [list(pair) for pair in lost[:MAX_RANGES]],
        "lost_entries": sum(last - first + 1 for first, last in lost),
    }
    if breaks:
        detail["breaks"] = [[number - 1, number] for number in breaks[:MAX_RANGES]]
    return detail


def set_aside(disk: Disk, path: Path, reason: str, event: str = DAMAGED) -> Trouble:
    """Give a file that is no segment of this log a `.bad` name."""
    aside = _free_name(path.with_suffix(".bad"))
    detail: dict[str, object] = {"file": path.name, "reason": reason}
    try:
        disk.rename(path, aside)
        disk.sync_folder(path.parent)
    except OSError as error:
        logger.warning("%s: %s, and it cannot be set aside: %s", path, reason, error.strerror)
        return Trouble(event, path.name, detail)
    return Trouble(event, path.name, detail, kept_as=aside.name)


def _cut_tail(disk: Disk, path: Path, buffer: bytes, end: int) -> tuple[Trouble, bool]:
    """Keep the bytes of an interrupted write and cut them off; whether that worked."""
    torn = buffer[end:]
    detail: dict[str, object] = {"file": path.name, "offset": end, "bytes": len(torn)}
    aside = _free_name(path.with_name(f"{path.stem}-torn.bad"))
    kept_as = ""
    try:
        disk.write_file(aside, torn)
        kept_as = aside.name
    except OSError as error:
        logger.warning("%s: the %d bytes of a torn write cannot be kept: %s", path, len(torn), error.strerror)
    trouble = Trouble(TORN, path.name, detail, torn[:MAX_SHOWN], kept_as)
    try:
        _truncate(disk, path, end)
    except OSError as error:
        logger.warning("%s: a torn write cannot be cut off: %s", path, error.strerror)
        return trouble, False
    return trouble, True


def _truncate(disk: Disk, path: Path, size: int) -> None:
    fd = disk.open_append(path, create=False)
    try:
        disk.truncate(fd, size)
        disk.sync(fd)
    finally:
        disk.close(fd)


def _salvage(disk: Disk, path: Path, buffer: bytes, found: Scan, logid: str) -> Trouble:
    """Set the damaged `path` aside and put its good lines in its place."""
    header = found.header or Header(logid=logid, first=found.first, prevhash=found.prevhash)
    lines = [frame(HEADER, msgspec.json.encode(header))]
    lines += [buffer[line.offset : line.end - 1] + b"\n" for line in found.entries]
    detail = missing(path, found.lost, found.breaks)
    bad = b"".join(buffer[d.offset : d.end] for d in found.damages)
    aside = _free_name(path.with_suffix(".bad"))
    try:
        _exchange(disk, path, b"".join(lines), aside)
    except OSError as error:
        logger.error("%s: damaged, and the disk refuses to mend it: %s", path, error.strerror)
        return Trouble(DAMAGED, path.name, detail, bad[:MAX_SHOWN])
    return Trouble(DAMAGED, path.name, detail, bad[:MAX_SHOWN], aside.name)


def _exchange(disk: Disk, path: Path, data: bytes, aside: Path) -> None:
    """`path` holds `data`, and `aside` what it held. Raises OSError, and all is as it was, or as `finish` expects."""
    spare = path.with_suffix(".salvage")
    disk.write_file(spare, data)
    try:
        disk.rename(path, aside)
        disk.rename(spare, path)
    except OSError:
        if aside.exists() and not path.exists():
            disk.rename(aside, path)
        discard(disk, spare)
        raise
    disk.sync_folder(path.parent)


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate
