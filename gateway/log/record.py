"""One line of a segment: `<tag> <crc32 of tag and payload, 8 hex> <bytes of payload> <payload>\\n`. Pure.

A person can read it with any text tool; a program finds the next good line after any damage, because a payload
never holds a line break (JSON escapes it).
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

ENTRY = b"E"
HEADER = b"H"
INDEX = b"I"
_TAGS = (ENTRY, HEADER, INDEX)
_PREFIX = 11  # "E 1a2b3c4d " before the length


class Line(NamedTuple):
    """A line whose checksum is right."""

    offset: int
    end: int
    tag: bytes
    payload: bytes


class Damage(NamedTuple):
    """Bytes that are no line: everything from `offset` up to `end`."""

    offset: int
    end: int


def frame(tag: bytes, payload: bytes) -> bytes:
    """The line that holds `payload`."""
    return b"%b %08x %d %b\n" % (tag, _crc(tag, payload), len(payload), payload)


def scan(buffer: bytes) -> Iterator[Line | Damage]:
    """Every byte of `buffer`, in order, as a good line or as part of a damage."""
    at = 0
    while at < len(buffer):
        line = line_at(buffer, at)
        if line is None:
            end = _next_line(buffer, at)
            yield Damage(at, end)
            at = end
        else:
            yield line
            at = line.end


def line_at(buffer: bytes, at: int) -> Line | None:
    """The good line that starts at `at`, if there is one. A lost line break alone does not make it bad."""
    space = buffer.find(b" ", at + _PREFIX, at + _PREFIX + 10)
    if space < 0 or buffer[at + 1 : at + 2] != b" ":
        return None
    tag, digits = buffer[at : at + 1], buffer[at + _PREFIX : space]
    if tag not in _TAGS or not digits.isdigit():
        return None
    start = space + 1
    end = start + int(digits)
    payload = buffer[start:end]
    # The line break must be there, whatever became of it: a write that was cut short was never acknowledged.
    if end >= len(buffer) or buffer[at + 2 : at + 10] != b"%08x" % _crc(tag, payload):
        return None
    return Line(at, end + 1, tag, payload)


def payloads(buffer: bytes) -> Iterator[bytes]:
    """The entries among the good lines of `buffer`."""
    return (item.payload for item in scan(buffer) if isinstance(item, Line) and item.tag == ENTRY)


def _next_line(buffer: bytes, at: int) -> int:
    """Where the next good line starts after a damage at `at`; the end of the buffer when there is none."""
    while (at := buffer.find(b"\n", at) + 1) > 0:
        if line_at(buffer, at) is not None:
            return at
    return len(buffer)


def _crc(tag: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(tag))
