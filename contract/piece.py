"""A piece of a log in a file, to be carried by hand: exact entries, a line each, and last a note that vouches for them.

    {"specversion":"1.0","type":"ketuk.punch.v1",…}
    {"ketuk":"piece.v1","site":"desa-terpencil","gateway":"gw1","logid":"gw1.7f3a9c2e","first":97,"last":2096,…}

A file without its note is not whole. The note is signed with the gateway's key (Ed25519), so that what no checkpoint
covers yet is proven, too, and nothing is taken for a gateway that is not its own. What is signed is ASCII lines joined
by line feeds: the name, site, gateway, logid, first, last, entries, oldest (20 digits each) and the SHA-256 of
everything above the note.
"""

import hashlib
from typing import NamedTuple

from contract import topics
from contract.entry import ContractError, _is
from contract.jsontext import dumps, loads

NAME = "piece.v1"
BEGIN = b'{"ketuk":'
"""With which a note begins, and no entry does."""
MAX_NOTE = 2048
MAX_BYTES = 16 << 20
"""Of a whole file: a writer stops far below."""
SUFFIX = ".jsonl"

_HEX = "0123456789abcdef"
_TYPE = "ketuk.piece.v1"


class Note(NamedTuple):
    """What stands above it in the file."""

    site: str
    gateway: str
    logid: str
    first: int
    """Sequence of the first entry."""
    last: int
    entries: int
    """How many; fewer than `last - first + 1` where the log itself has lost some."""
    oldest: int
    """The first sequence that the gateway still holds of this log: what is below it can be had from nobody."""
    sha256: str
    """Of everything above the note, 64 hex digits."""
    key: str = ""
    """The gateway's public key, 64 hex digits; empty where there was none to sign with."""
    signature: str = ""
    """128 hex digits, or empty."""

    def signed_text(self) -> bytes:
        """What the signature is over."""
        numbers = (f"{number:020d}" for number in (self.first, self.last, self.entries, self.oldest))
        return "\n".join((_TYPE, self.site, self.gateway, self.logid, *numbers, self.sha256)).encode()

    def line(self) -> bytes:
        """The exact bytes, with the line feed."""
        return dumps({"ketuk": NAME, **self._asdict()}).encode() + b"\n"


def file_name(logid: str, first: int) -> str:
    """How the file of a piece is called."""
    return f"{logid}-{first:020d}{SUFFIX}"


def split(raw: bytes) -> tuple[bytes, Note]:
    """Everything above the note, and the note. Raises ContractError for a file that is not whole, or was altered."""
    if not raw.endswith(b"\n"):
        raise ContractError("piece: it ends in the middle of a line: it is not whole")
    at = raw.rfind(b"\n", 0, len(raw) - 1) + 1
    body, note = raw[:at], parse_note(raw[at:])
    if hashlib.sha256(body).hexdigest() != note.sha256:
        raise ContractError("piece: its entries are not those that its note is about")
    return body, note


def is_log_of(logid: str, gateway: str) -> bool:
    """Whether a log of that name can be one of the gateway."""
    owner, _, epoch = logid.rpartition(".")
    return owner == gateway and 8 <= len(epoch) <= 32 and _is(epoch, len(epoch), _HEX)


def parse_note(line: bytes) -> Note:
    """Raises ContractError, and nothing else, for anything that is no note. It checks no signature."""
    if len(line) > MAX_NOTE or not line.startswith(BEGIN):
        raise ContractError("piece: does not end in a note: it is not whole")
    try:
        said = loads(line)
    except ValueError as error:
        raise ContractError("piece: the note is not JSON: " + str(error)) from error
    if not isinstance(said, dict) or said.get("ketuk") != NAME:
        raise ContractError("piece: not a note of " + NAME)
    site, gateway, logid = (_text(said, name) for name in ("site", "gateway", "logid"))
    if not topics.is_site(site) or not topics.is_segment(gateway):
        raise ContractError("piece: site or gateway is no name")
    if not is_log_of(logid, gateway):
        raise ContractError("piece.logid: not a log of that gateway")
    first, last, entries, oldest = (_count(said, name) for name in ("first", "last", "entries", "oldest"))
    if not 1 <= first <= last or not 1 <= entries <= last - first + 1 or not 1 <= oldest <= first:
        raise ContractError("piece: its numbers contradict one another")
    key, signature = _text(said, "key"), _text(said, "signature")
    if (key or signature) and not (_is(key, 64, _HEX) and _is(signature, 128, _HEX)):
        raise ContractError("piece: key or signature is not hex")
    sha256 = _text(said, "sha256")
    if not _is(sha256, 64, _HEX):
        raise ContractError("piece.sha256: not 64 hex digits")
    return Note(site, gateway, logid, first, last, entries, oldest, sha256, key, signature)


def _text(said: dict[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise ContractError("piece." + name + ": missing or not text")
    return value


def _count(said: dict[str, object], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ContractError("piece." + name + ": not a whole number")
    return value
