"""What is done about a segment that is not as it was written. The bad bytes stay, under a `.bad` name.

Torn tail: a power cut interrupted a write that nobody was told of; the bytes are set aside and cut off.
Damage in the middle: the file is set aside as it is, and its good lines, unchanged, take its place:

    write 1.salvage, sync · rename 1.log -> 1.bad · rename 1.salvage -> 1.log · sync the folder

so that a crash at any point leaves either the old file or both new ones to be found by `finish`.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.log.disk import Disk
from gateway.log.record import HEADER, frame
from gateway.log.scan import Header, Scan

logger = logging.getLogger(__name__)

MAX_SHOWN = 512  # bytes of the damage that travel in the audit entry; the rest stays in the .bad file


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something found wrong with a segment, to be told in an audit entry."""

    event: str
    """`torn-tail` or `log-damaged`"""
    file: str
    detail: dict[str, object]
    raw: bytes = b""


def finish(disk: Disk, folder: Path) -> None:
    """Complete or undo a salvage that was interrupted, and delete what a crash left of other replacements."""
    for path in sorted(folder.glob("*.salvage")):
        target = path.with_suffix(".log")
        if target.exists():
            disk.unlink(path)
        else:
            disk.rename(path, target)
    for path in folder.glob("*.tmp"):
        disk.unlink(path)
    disk.sync_folder(folder)


def cut_tail(disk: Disk, path: Path, buffer: bytes, found: Scan) -> Trouble | None:
    """Cut a torn write off the end of `path`. Raises OSError; where only the copy is refused, it is done without."""
    if found.tail is None:
        return None
    torn = buffer[found.tail.offset :]
    aside = _free_name(path.with_name(f"{path.stem}-torn.bad"))
    try:
        disk.write_file(aside, torn)
    except OSError:
        logger.warning("%s: no room to keep the %d bytes of a torn write", path, len(torn))
    fd = disk.open_append(path, create=False)
    try:
        disk.truncate(fd, found.good_end)
        disk.sync(fd)
    finally:
        disk.close(fd)
    detail: dict[str, object] = {"file": path.name, "bytes": len(torn), "kept_as": aside.name}
    return Trouble("torn-tail", path.name, detail, torn[:MAX_SHOWN])


def salvage(disk: Disk, path: Path, buffer: bytes, found: Scan, logid: str) -> Trouble:
    """Set the damaged `path` aside and put its good lines in its place. Raises OSError."""
    header = found.header or Header(logid=logid, first=found.first, prevhash=found.prevhash)
    lines = [frame(HEADER, msgspec.json.encode(header))]
    lines += [buffer[line.offset : line.end - 1] + b"\n" for line in found.entries]
    aside = _free_name(path.with_suffix(".bad"))
    spare = path.with_suffix(".salvage")
    disk.write_file(spare, b"".join(lines))
    disk.rename(path, aside)
    disk.rename(spare, path)
    disk.sync_folder(path.parent)
    bad = b"".join(buffer[d.offset : d.end] for d in found.damages)
    return Trouble("log-damaged", path.name, {**_facts(path, found), "kept_as": aside.name}, bad[:MAX_SHOWN])


def altered(path: Path, found: Scan) -> Trouble | None:
    """A segment whose lines are all whole, but not those that were written: somebody edited it."""
    if not found.lost and not found.broken:
        return None
    return Trouble("log-damaged", path.name, _facts(path, found))


def _facts(path: Path, found: Scan) -> dict[str, object]:
    return {
        "file": path.name,
        "kept": len(found.entries),
        "lost": [list(pair) for pair in found.lost],
        "altered": found.broken[:100],
    }


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate
