"""What a segment file holds, and what is wrong with it. Pure: bytes in, findings out."""

from array import array
from dataclasses import dataclass, field

import msgspec

from contract.chain import entry_hash
from gateway.log.record import ENTRY, HEADER, Damage, Line, scan
from gateway.log.seen import Words, digest


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
    broken: list[int] = field(default_factory=list)
    """Entries that are there but do not continue the chain: altered, with the checksum made anew."""

    @property
    def last(self) -> int:
        return self.sequences[-1] if self.sequences else self.first - 1

    @property
    def whole(self) -> bool:
        return self.header is not None and not (self.damages or self.tail or self.lost or self.broken)


def scan_segment(buffer: bytes, first: int, limit: int | None = None) -> Scan:
    """Read a segment whose file name says `first`.

    Entries from `limit` on are left out: a later segment has them (the disk refused here, and refused to take the
    failed write back).
    """
    result = Scan(header=None, first=first)
    for item in scan(buffer):
        if isinstance(item, Damage):
            result.damages.append(item)
        elif item.tag == HEADER and item.offset == 0:
            _take_header(result, item)
        elif item.tag == ENTRY:
            if not _take_entry(result, item, limit):
                result.damages = [d for d in result.damages if d.offset < item.offset]
                result.tail = Damage(item.offset, len(buffer))
                break
        else:
            result.damages.append(Damage(item.offset, item.end))
    _settle_tail(result, len(buffer))
    return result


def _take_header(result: Scan, line: Line) -> None:
    try:
        result.header = _header.decode(line.payload)
    except msgspec.DecodeError:
        result.damages.append(Damage(line.offset, line.end))
        return
    result.prevhash = result.lasthash = result.header.prevhash
    result.good_end = line.end


def _take_entry(result: Scan, line: Line, limit: int | None) -> bool:
    try:
        head = head_of(line.payload)
        sequence = int(head.sequence)
    except (msgspec.DecodeError, ValueError):
        result.damages.append(Damage(line.offset, line.end))
        return True
    if limit is not None and sequence >= limit:
        return False
    expected = result.last + 1
    if sequence < expected:
        result.damages.append(Damage(line.offset, line.end))
        return True
    if sequence > expected:
        result.lost.append((expected, sequence - 1))
    elif not result.lasthash:
        result.prevhash = head.prevhash  # the header is gone: the first entry knows what came before
    elif head.prevhash != result.lasthash:
        result.broken.append(sequence)
    result.entries.append(line)
    result.sequences.append(sequence)
    result.seen.append(digest(head.source, head.id))
    result.lasthash = entry_hash(line.payload)
    result.newest = head.recordedtime
    result.good_end = line.end
    return True


def _settle_tail(result: Scan, size: int) -> None:
    """Bytes behind the last good line are a torn write, not a damage in the middle."""
    if result.damages and result.damages[-1].end == size and result.damages[-1].offset >= result.good_end:
        last = result.damages.pop()
        result.tail = Damage(last.offset, size)
