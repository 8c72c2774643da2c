"""A log in pieces on a stick: each file holds consecutive entries, their exact bytes, and a signed note that vouches
for them (`contract/piece.py`).

A piece that is whole is never touched again, so an export that was interrupted goes on where it was, and a later one
adds what came since. A piece that is not whole, or not of this log, is written anew.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from contract import piece
from contract.entry import ContractError
from contract.piece import Note
from gateway.entries import Stored
from gateway.errors import LogError
from gateway.log.stick import Stick
from gateway.log.view import EpochView

MOST_ENTRIES = 2000
MOST_BYTES = 4 << 20
"""Of one piece: what is lost when a stick is pulled out is written again in seconds."""
_READ = 500


class Seal(Protocol):
    """The gateway's signing key."""

    public: str

    def sign(self, text: bytes) -> str: ...


class Part(NamedTuple):
    """What is exported of one epoch: sequences first..last, both included."""

    view: EpochView
    first: int
    last: int


class Piece(NamedTuple):
    """A file that is whole on the stick."""

    note: Note
    file: str
    sha256: str
    """Of the whole file."""
    size: int
    fresh: bool
    """Whether it was written now; else it was there."""


class Exporter:
    """Of the gateway `place` (site, name), signed with `seal` where there is one."""

    def __init__(self, stick: Stick, place: tuple[str, str], seal: Seal | None) -> None:
        self._stick, self._place, self._seal = stick, place, seal

    def pieces(self, part: Part) -> Iterator[Piece]:
        """See to each and tell of it, in order. Raises StickError; LogError when the log cannot be read."""
        after = part.first - 1
        while after < part.last and (following := _read(part, after, 1)):
            name = piece.file_name(part.view.logid, following[0].sequence)
            found = self._kept(part, name) or self._written(part, name, _read(part, after, MOST_ENTRIES))
            yield found
            after = found.note.last

    def _kept(self, part: Part, name: str) -> Piece | None:
        """The piece that is there, if it is whole and of this log as it is now."""
        raw = self._stick.read(name)
        try:
            body, note = piece.split(raw)
        except ContractError:
            return None
        ours = (*self._place, part.view.logid, "" if self._seal is None else self._seal.public)
        last = body[:-1].rpartition(b"\n")[2]
        if (note.site, note.gateway, note.logid, note.key) != ours or not _holds(part.view, note.last, last):
            return None
        return Piece(note, name, hashlib.sha256(raw).hexdigest(), len(raw), fresh=False)

    def _written(self, part: Part, name: str, entries: list[Stored]) -> Piece:
        body = b"".join(entry.raw + b"\n" for entry in entries)
        note = Note(
            *self._place,
            part.view.logid,
            first=entries[0].sequence,
            last=entries[-1].sequence,
            entries=len(entries),
            oldest=min(part.view.oldest, entries[0].sequence),
            sha256=hashlib.sha256(body).hexdigest(),
        )
        if self._seal is not None:
            note = note._replace(key=self._seal.public, signature=self._seal.sign(note.signed_text()))
        raw = body + note.line()
        self._stick.put(name, raw)
        return Piece(note, name, hashlib.sha256(raw).hexdigest(), len(raw), fresh=True)


def _read(part: Part, after: int, most: int) -> list[Stored]:
    """The next entries for one piece; it ends where the log itself has lost some. Raises LogError."""
    found: list[Stored] = []
    size = 0
    while len(found) < most and size < MOST_BYTES:
        try:
            batch = part.view.read_after(after, min(_READ, most - len(found)))
        except OSError as error:
            raise LogError(f"{part.view.folder}: cannot be read: {error.strerror or error}") from error
        expected = after + 1 if found else batch[0].sequence if batch else 0
        together = [
            entry for number, entry in enumerate(batch, expected) if entry.sequence == number and number <= part.last
        ]
        found += together
        if not batch or len(together) < len(batch):
            break
        size += sum(len(entry.raw) for entry in together)
        after = together[-1].sequence
    return found


def _holds(view: EpochView, sequence: int, raw: bytes) -> bool:
    found = view.read_after(sequence - 1, 1)
    return bool(found) and found[0].sequence == sequence and found[0].raw == raw
