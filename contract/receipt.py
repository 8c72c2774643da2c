"""The receipt: a watermark on paper, for a site without a network. The centre signs it, a USB stick carries it back.

One JSON object in a file. What is signed (Ed25519, by the centre's key) is ASCII lines joined by line feeds: its name,
site, gateway, logid, `through` (20 digits), `hash`, the ranges of `missing` as `a-b,c-d`, and `issued`.
"""

from typing import NamedTuple

from contract import topics
from contract.entry import ContractError, _is
from contract.jsontext import dumps, loads
from contract.piece import is_log_of
from contract.watermark import parse_ack

TYPE = "ketuk.receipt.v1"
MAX_BYTES = 16384

_HEX = "0123456789abcdef"
_MOST_TEXT = 64


class Receipt(NamedTuple):
    """What the centre holds of one log, at the time `issued` (RFC 3339)."""

    site: str
    gateway: str
    logid: str
    through: int
    hash: str
    missing: tuple[tuple[int, int], ...]
    issued: str

    def signed_text(self) -> bytes:
        """What the signature is over."""
        missing = ",".join(f"{first}-{last}" for first, last in self.missing)
        place = (TYPE, self.site, self.gateway, self.logid)
        return "\n".join((*place, f"{self.through:020d}", self.hash, missing, self.issued)).encode()


class Signed(NamedTuple):
    """A receipt with its signature, which nobody has checked yet."""

    receipt: Receipt
    key: str
    """The centre's public key, 64 hex digits."""
    signature: str
    """128 hex digits."""


def file_name(receipt: Receipt) -> str:
    """How its file is called."""
    return f"receipt-{receipt.logid}-{receipt.through}.json"


def build_receipt(receipt: Receipt, key: str, signature: str) -> bytes:
    """The exact bytes of a receipt file."""
    said = {
        "type": TYPE,
        "site": receipt.site,
        "gateway": receipt.gateway,
        "logid": receipt.logid,
        "through": receipt.through,
        "hash": receipt.hash,
        "missing": receipt.missing,
        "issued": receipt.issued,
        "key": key,
        "signature": signature,
    }
    return dumps(said).encode() + b"\n"


def parse_receipt(raw: bytes) -> Signed:
    """Raises ContractError, and nothing else, for anything that is not a receipt. It checks no signature."""
    if len(raw) > MAX_BYTES:
        raise ContractError("receipt: too large")
    try:
        said = loads(raw)
    except ValueError as error:
        raise ContractError("receipt: not JSON: " + str(error)) from error
    if not isinstance(said, dict) or said.get("type") != TYPE:
        raise ContractError("receipt: not a receipt of " + TYPE)
    site, gateway, issued = (_text(said, name) for name in ("site", "gateway", "issued"))
    if not topics.is_site(site) or not topics.is_segment(gateway):
        raise ContractError("receipt: site or gateway is no name")
    logid, through, hash_, missing = _mark(said)
    if not is_log_of(logid, gateway):
        raise ContractError("receipt.logid: not a log of that gateway")
    receipt = Receipt(site, gateway, logid, through, hash_, tuple(missing), issued)
    return Signed(receipt, _hex(said, "key", 64), _hex(said, "signature", 128))


def _mark(said: dict[str, object]) -> tuple[str, int, str, list[tuple[int, int]]]:
    """The watermark in it, by the rules of watermarks."""
    mark = {name: said.get(name) for name in ("logid", "through", "hash", "missing")}
    try:
        return parse_ack(dumps(mark).encode())
    except RecursionError as error:
        raise ContractError("receipt: nested too deeply") from error


def _text(said: dict[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_TEXT or not (value.isascii() and value.isprintable()):
        raise ContractError("receipt." + name + ": missing or not plain text")
    return value


def _hex(said: dict[str, object], name: str, length: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not _is(value, length, _HEX):
        raise ContractError(f"receipt.{name}: not {length} hex digits")
    return value
