"""Exact entries in a file, one a line. An entry that holds a line break of its own is written in base64.

That is the form of evidence bundles. What a gateway exports (`ketuk log export`) looks the same, but holds nothing that
would have to be coded, and ends in a line with `{"ketuk":` that vouches for the others (`contract/piece.py`).
"""

import base64
import binascii
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from central.errors import EvidenceError
from contract.entry import MAX_BYTES

_CODED = b"base64:"
_LONGEST = 4 * MAX_BYTES
NOTE = b'{"ketuk":'


class Writable(Protocol):
    """Where lines go."""

    def write(self, data: bytes, /) -> int: ...


def write_line(file: Writable, raw: bytes) -> None:
    """One entry."""
    coded = b"\n" in raw or b"\r" in raw or raw.startswith((_CODED, NOTE))
    file.write((_CODED + base64.b64encode(raw) if coded else raw) + b"\n")


def read_lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The entries, and the notes as they are. Raises EvidenceError for what can be neither."""
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if not line.endswith(b"\n"):
            raise EvidenceError(f"{name} line {number}: not complete: copy the file again")
        line = line[:-1]
        if line.startswith(_CODED):
            try:
                line = base64.b64decode(line.removeprefix(_CODED), validate=True)
            except binascii.Error as error:
                raise EvidenceError(f"{name} line {number}: no base64") from error
        yield line
