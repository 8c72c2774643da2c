"""What a segment file holds, and what is wrong with it. Pure: bytes in, findings out."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from contract.chain import entry_hash
from gateway.log.record import ENTRY, HEADER, Damage, Line, scan
from gateway.log.seen import Words, digest

_WIDEST_HOLE = 1_000_000  # more entries than a segment can have lost: a number that far off was altered


class Header(msgspec.Struct, frozen=True):
    """The first line of a segment: of which log, from which sequence, after which entry."""

    logid: str
    first: int
    prevhash: str


class Head(msgspec.Struct, frozen=True):
    """The attributes of an entry that the log itself needs."""

    type: str
    source: str
    id: str
    recordedtime: str
    logid: str
    sequence: str
    prevhash: str

    @property
    def kind(self) -> str:
        return self.type.split(".")[1]


_head = msgspec.json.Decoder(Head)
_header = msgspec.json.Decoder(Header)


def head_of(raw: bytes) -> Head:
    """The attributes of an entry of ours. Raises msgspec.DecodeError when the bytes are none."""
    return _head.decode(raw)


def header_of(payload: bytes) -> Header | None:
    """A segment's header; None when the bytes are none."""
    try:
        return _header.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def same_epoch(one: str, other: str) -> bool:
    """Whether two logids name the same log: the random half does, the gateway may have been renamed."""
    return one.rpartition(".")[2] == other.rpartition(".")[2]


@dataclass(slots=True)
class Scan:
    """A segment, read from end to end."""

    header: Header | None
    first: int
    """Sequence the segment starts with, whether that entry is there or not."""
    entries: list[Line] = field(default_factory=list)
    sequences: Words = field(default_factory=lambda: array("Q"))
    seen: Words = field(default_factory=lambda: array("Q"))
    prevhash: str = ""
    """Hash of the entry before the segment."""
    lasthash: str = ""
    """Hash of its last entry; `prevhash` when it has none."""
    newest: str = ""
    """`recordedtime` of its last entry."""
    good_end: int = 0
    """Offset behind the last good line."""
    damages: list[Damage] = field(default_factory=list)
    """Bytes in the middle that are no line: something altered them after they were written."""
    tail: Damage | None = None
    """Bytes at the end that are no line: a write that a power cut interrupted."""
    lost: list[tuple[int, int]] = field(default_factory=list)
    """Sequences that should be there and are not, both ends included."""
    breaks: list[int] = field(default_factory=list)
    """Entries that do not continue the one before: it or they were altered, with the checksum made anew."""

    @property
    def last(self) -> int:
        return self.sequences[-1] if self.sequences else self.first - 1

    @property
    def whole(self) -> bool:
        """Whether every line is one that was written here."""
        return self.tail is None and self.whole_but_torn

    @property
    def whole_but_torn(self) -> bool:
        """The same, but for an interrupted write at the end."""
        return self.header is not None and not (self.damages or self.lost or self.breaks)

    def should_end(self, last: int, lasthash: str = "") -> None:
        """Hold it against what is known of its end: what lies behind the last good line was acknowledged then."""
        if self.last < last:
            self.damages += [self.tail] if self.tail else []
            self.tail = None
            self.lost.append((self.last + 1, last))
        elif self.last == last and lasthash and self.lasthash != lasthash:
            self.breaks.append(last + 1)


class Entry(NamedTuple):
    """An entry whose place in the log can be read."""

    head: Head
    sequence: int


def entry_of(raw: bytes) -> Entry | None:
    """The place of an entry; None when the bytes are none, whatever their checksum says."""
    try:
        raw.decode()  # msgspec looks only at the attributes that it is asked for
        head = head_of(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    text = head.sequence
    if len(text) != 20 or not (text.isascii() and text.isdigit()) or head.type.count(".") != 2:
        return None
    return Entry(head, int(text))


class _Placed(NamedTuple):
    line: Line
    head: Head
    sequence: int


def scan_segment(buffer: bytes, first: int, limit: int | None = None) -> Scan:
    """Read a segment whose file name says `first`.

    Entries from `limit` on are left out: a later segment has them (the disk refused here, and refused to take the
    failed write back).
    """
    result = Scan(header=None, first=first)
    candidates: list[_Placed] = []
    for item in scan(buffer):
        if isinstance(item, Line) and item.tag == HEADER and item.offset == 0:
            _take_header(result, item)
        elif isinstance(item, Line) and item.tag == ENTRY and (entry := entry_of(item.payload)) is not None:
            candidates.append(_Placed(item, *entry))
        else:
            result.damages.append(Damage(item.offset, item.end))
    while limit is not None and candidates and candidates[-1].sequence >= limit:
        left_over = candidates.pop().line
        result.damages.append(Damage(left_over.offset, left_over.end))
    _take_entries(result, candidates)
    _settle(result, len(buffer))
    return result


def _take_header(result: Scan, line: Line) -> None:
    result.header = header_of(line.payload)
    if result.header is None:
        result.damages.append(Damage(line.offset, line.end))
        return
    result.prevhash = result.lasthash = result.header.prevhash
    result.good_end = line.end


def _take_entries(result: Scan, candidates: Sequence[_Placed]) -> None:
    for at, entry in enumerate(candidates):
        following = candidates[at + 1].sequence if at + 1 < len(candidates) else None
        if _is_misplaced(result, entry, following):
            result.damages.append(Damage(entry.line.offset, entry.line.end))
        else:
            _take_entry(result, entry)


def _is_misplaced(result: Scan, entry: _Placed, following: int | None) -> bool:
    """Whether its number cannot be right: a line that was doubled, moved, or renumbered."""
    expected = result.last + 1
    if entry.sequence == expected:
        return False
    jumps_back = following is not None and expected <= following <= entry.sequence
    continues = entry.head.prevhash == result.lasthash
    return not expected < entry.sequence < expected + _WIDEST_HOLE or jumps_back or continues


def _take_entry(result: Scan, entry: _Placed) -> None:
    expected = result.last + 1
    if entry.sequence > expected:
        result.lost.append((expected, entry.sequence - 1))
    elif not result.lasthash:
        result.prevhash = entry.head.prevhash  # the header is gone: the first entry knows what came before
    elif entry.head.prevhash != result.lasthash or _is_foreign(result, entry):
        result.breaks.append(entry.sequence)
    result.entries.append(entry.line)
    result.sequences.append(entry.sequence)
    result.seen.append(digest(entry.head.source, entry.head.id))
    result.lasthash = entry_hash(entry.line.payload)
    result.newest = entry.head.recordedtime
    result.good_end = entry.line.end


def _is_foreign(result: Scan, entry: _Placed) -> bool:
    return result.header is not None and entry.head.logid != result.header.logid


def _settle(result: Scan, size: int) -> None:
    """Bytes behind the last good line are a torn write, not a damage in the middle."""
    result.damages.sort()
    behind = [damage for damage in result.damages if damage.offset >= result.good_end]
    if behind:
        result.damages = [damage for damage in result.damages if damage.offset < result.good_end]
        result.tail = Damage(behind[0].offset, size)
