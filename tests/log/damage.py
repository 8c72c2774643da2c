"""Ways to spoil a log's files, as a bad card, a crash or a person with an editor would."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.log.log import Log
from gateway.log.record import ENTRY, Line, frame, scan
from tests.log.logs import check_log, events, everything, lost, open_log, punches


class Copy(NamedTuple):
    """A closed log of several segments, and what it held."""

    data: Path
    entries: list[Stored]

    @property
    def folder(self) -> Path:
        """The folder of its only epoch."""
        (folder,) = (self.data / "log").iterdir()
        return folder

    def segments(self) -> list[Path]:
        """Its segment files, oldest first."""
        return sorted(self.folder.glob("*.log"))

    def to(self, data: Path) -> "Copy":
        """A copy of it that may be spoilt."""
        shutil.copytree(self.data, data)
        return Copy(data, self.entries)


def make(data: Path, *, entries: int = 24, published: int = 0) -> Copy:
    """A closed log of that many entries in segments of about five."""
    log = open_log(data)
    for number in range(2, entries + 1):
        log.append(punches(number))
    log.published(published)
    held = everything(log)
    log.close()
    return Copy(data, held)


def flip(path: Path, offset: int, bits: int = 0x01) -> None:
    """Flip bits of one byte."""
    buffer = bytearray(path.read_bytes())
    buffer[offset] ^= bits
    path.write_bytes(buffer)


def lines(path: Path) -> list[Line]:
    """The entry lines of a segment."""
    return [item for item in scan(path.read_bytes()) if isinstance(item, Line) and item.tag == ENTRY]


def replace_line(path: Path, number: int, line: bytes) -> None:
    """Put `line` in the place of entry line `number` (0: the first); empty: delete it."""
    old = lines(path)[number]
    buffer = path.read_bytes()
    path.write_bytes(buffer[: old.offset] + line + buffer[old.end :])


def forge(path: Path, number: int, old: bytes, new: bytes) -> None:
    """Change an entry and make its checksum anew: what somebody would do who wants it to look whole."""
    payload = lines(path)[number].payload
    assert old in payload
    replace_line(path, number, frame(ENTRY, payload.replace(old, new)))


def rewrite(path: Path, number: int, old: bytes, new: bytes) -> None:
    """Change an entry and chain all after it in its segment anew: only the next segment can tell."""
    buffer = path.read_bytes()
    head = buffer[: lines(path)[0].offset]
    raws = [line.payload for line in lines(path)]
    assert old in raws[number]
    was = entry_hash(raws[number])
    raws[number] = raws[number].replace(old, new)
    for at in range(number + 1, len(raws)):
        now = entry_hash(raws[at - 1])
        raws[at], was = raws[at].replace(was.encode(), now.encode()), entry_hash(raws[at])
    path.write_bytes(head + b"".join(frame(ENTRY, raw) for raw in raws))


@contextlib.contextmanager
def reopened(copy: Copy) -> Iterator[Log]:
    """The log of `copy`, opened again."""
    log = open_log(copy.data)
    try:
        yield log
    finally:
        log.close()


def held(log: Log) -> dict[int, bytes]:
    """The entries of the present epoch by sequence, each with its exact bytes."""
    return {entry.sequence: entry.raw for entry in everything(log)}


def check_salvaged(log: Log, before: list[Stored], gone: set[int]) -> None:
    """All of `before` but `gone` is there with its exact bytes, and what is gone is told in audit entries."""
    now = held(log)
    for entry in before:
        if entry.sequence not in gone:
            assert now.get(entry.sequence) == entry.raw, f"{entry.sequence} is lost too"
        else:
            assert now.get(entry.sequence) != entry.raw
    entries = check_log(log, gaps=gone)
    assert lost(entries) == gone
    assert not gone or events(entries, "log-damaged")
