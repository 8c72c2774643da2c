"""Whether a checkpoint proves what it says, and whether a key was handed over by the one before. Pure."""

import hmac
from collections.abc import Mapping
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central.entries import Held
from contract import checkpoint
from contract.entry import sequence_text

Keys = Mapping[str, bytes]
"""By their names in checkpoints: the 32 bytes of public keys, or the secrets of readers that sign with HMAC."""


class Verdict(Enum):
    """What a checkpoint is worth."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown key"
    CARRIED = "carried"
    """It was made in an earlier log of the gateway and carried into this one with what was not confirmed: it is an
    entry like others, but it says nothing of this log."""


def judge(found: Held, keys: Keys) -> Verdict:
    """Of an entry of kind checkpoint. It covers everything before it, through the hash that it names."""
    data = found.event.data
    sequence, digest = data.get("sequence"), data.get("hash")
    if (sequence, digest) != (sequence_text(found.sequence - 1), found.event.prevhash):
        return Verdict.BAD if found.event.id.startswith(f"{found.logid}-") else Verdict.CARRIED
    key, signature = keys.get(str(data.get("key"))), _hex(data.get("signature"))
    if key is None:
        return Verdict.UNKNOWN
    text = checkpoint.signed_text(found.logid, found.sequence - 1, found.event.prevhash)
    if data.get("algorithm") == checkpoint.HMAC:
        good = hmac.compare_digest(hmac.digest(key, text, "sha256"), signature)
    else:
        good = signed(key, signature, text)
    return Verdict.GOOD if good else Verdict.BAD


def handed_over(found: Held, keys: Keys) -> bytes | None:
    """The new public key that an audit entry `key-rotated` introduces, if a key of `keys` vouches for it here."""
    detail = found.event.data.get("detail")
    if found.event.data.get("event") != "key-rotated" or not isinstance(detail, dict):
        return None
    key, public = keys.get(str(detail.get("previous"))), public_key(detail.get("public"))
    if key is None or public is None:
        return None
    # Carried into a later log of the gateway, it still speaks of the one in which it was signed.
    logid = str(detail.get("logid", found.logid))
    if logid.rpartition(".")[0] != found.logid.rpartition(".")[0]:
        return None
    text = checkpoint.rotation_text(logid, str(detail["previous"]), public.hex())
    return public if signed(key, _hex(detail.get("signature")), text) else None


def public_key(value: object) -> bytes | None:
    """The 32 bytes of a public key in 64 hex digits; None for anything else."""
    found = _hex(value)
    return found if len(found) == 32 else None


def signed(public: bytes, signature: bytes, text: bytes) -> bool:
    """Whether `signature` is that of `text` by the Ed25519 key `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _hex(value: object) -> bytes:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return b""
