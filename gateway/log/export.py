"""Entries to a file of JSON lines: the exact bytes, and after those of each log a line that says what they are.

    {"specversion":"1.0","type":"ketuk.punch.v1",…}
    {"ketuk":"export.v1","logid":"gw1.7f3a9c2e","first":1,"last":9120,"entries":9120,"hash":"<64 hex>"}

`hash` is that of the last entry; where a log was not held in one piece, `entries` is smaller than `last - first + 1`.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from contract.chain import entry_hash
from gateway.errors import LogError
from gateway.log.view import EpochView

FORMAT = "export.v1"


class Part(NamedTuple):
    """What is exported of one epoch: sequences first..last, both included."""

    view: EpochView
    first: int
    last: int


def export(parts: list[Part], target: Path, progress: Callable[[int], None] = lambda _: None) -> int:
    """Write them to `target`, durably; how many entries. Raises LogError: it exists, or cannot be written.

    `target` is there when everything is in it, and not before. `progress` is told of the entries.
    """
    half = target.with_name(target.name + ".part")
    if target.exists():
        raise LogError(f"{target}: is there already and is not overwritten; choose another name")
    try:
        with half.open("wb") as file:
            written = sum(_write(part, file, progress) for part in parts)
            file.flush()
            os.fsync(file.fileno())
        half.rename(target)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise LogError(f"{target}: cannot be written: {error.strerror or error}") from error
    return written


def _write(part: Part, file: BinaryIO, progress: Callable[[int], None]) -> int:
    view, first, last = part
    after, entries, oldest, newest = first - 1, 0, None, b""
    while after < last and (batch := view.read_after(after, 500)):
        batch = [entry for entry in batch if entry.sequence <= last]
        for entry in batch:
            oldest, newest = oldest or entry.sequence, entry.raw
            file.write(entry.raw + b"\n")
        entries += len(batch)
        after = batch[-1].sequence if batch else last
        progress(len(batch))
    manifest = {
        "ketuk": FORMAT,
        "logid": view.logid,
        "first": oldest,
        "last": after if entries else None,
        "entries": entries,
        "hash": entry_hash(newest) if entries else None,
    }
    file.write(json.dumps(manifest, separators=(",", ":")).encode() + b"\n")
    return entries
