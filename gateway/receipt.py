"""Whether a receipt is one that we believe: the centre's signature, and that it is about this gateway's present log."""

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.chain import entry_hash
from contract.checkpoint import key_name
from contract.entry import ContractError
from contract.receipt import MAX_BYTES, Receipt, Signed, parse_receipt
from gateway import carry_texts as texts
from gateway.entries import Stored
from gateway.errors import LogError
from gateway.texts import Text

FOLDER = "receipts"
"""In the data folder: where `ketuk log ack` leaves them for the gateway."""
KEY = "central.pub"
"""In the data folder: the centre's public key, 64 hex digits."""


class ReceiptRefused(LogError):
    """It is not believed; `text` says why in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


def read(file: Path) -> bytes:
    """The bytes of a file that may be a receipt; of one that is too large, too many. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def pinned(data: Path) -> str:
    """The centre's key that is believed here; empty where none is yet. Raises OSError."""
    try:
        return (data / KEY).read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return ""


def check(raw: bytes, place: tuple[str, str], logid: str, key: str) -> Signed:
    """The receipt, with a good signature by `key` (empty: by whichever it names), for the log `logid` of `place` (site,
    gateway). Raises ReceiptRefused."""
    try:
        signed = parse_receipt(raw)
    except ContractError as error:
        raise ReceiptRefused(texts.NO_RECEIPT.of(reason=error)) from error
    receipt = signed.receipt
    if not _is_signed(signed):
        raise ReceiptRefused(texts.FORGED)
    if key and signed.key != key:
        names = {"key": key_name(bytes.fromhex(signed.key)), "ours": _name(key)}
        raise ReceiptRefused(texts.OTHER_KEY.of(**names))
    if (receipt.site, receipt.gateway) != place:
        raise ReceiptRefused(texts.OTHER_GATEWAY.of(name=f"{receipt.site}/{receipt.gateway}", ours="/".join(place)))
    if receipt.logid != logid:
        raise ReceiptRefused(texts.OTHER_LOG.of(logid=receipt.logid, ours=logid))
    return signed


def confirms(receipt: Receipt) -> int:
    """Through which sequence nothing is missing."""
    return min([receipt.through, *(first - 1 for first, _ in receipt.missing)])


def contradicts(receipt: Receipt, read_after: Callable[[int, int], list[Stored]]) -> bool:
    """Whether the centre holds another history than this log: another entry in its place, or more than there is.

    `read_after(after, limit)` gives entries of the log. What the log does not hold any more cannot be judged.
    """
    if receipt.through == 0:
        return False
    found = read_after(receipt.through - 1, 1)
    if not found:
        return True
    return found[0].sequence == receipt.through and entry_hash(found[0].raw) != receipt.hash


def _is_signed(signed: Signed) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.key))
        public.verify(bytes.fromhex(signed.signature), signed.receipt.signed_text())
    except (InvalidSignature, ValueError):
        return False
    return True


def _name(key: str) -> str:
    try:
        return key_name(bytes.fromhex(key))
    except ValueError:
        return "?"
