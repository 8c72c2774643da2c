"""The forger's tools: another person in one entry, and a whole log written anew. Pure."""

import json
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import checkpoint
from contract.chain import GENESIS, entry_hash
from contract.entry import CHECKPOINT, sequence_text, type_of
from gateway.keys import SigningKey
from tests.tampering.scene import KEY, LOGID

THIEF = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
VICTIM, WAS, IS = 8, b"pin:1005", b"pin:1006"
"""The entry that is changed, whose it was, and whose it is then."""
_SIGNATURE = b'"signature":"'


def one_byte(raw: bytes) -> bytes:
    """The same entry of another person."""
    changed = raw.replace(WAS, IS)
    assert len(changed) == len(raw)
    assert changed != raw
    return changed


def anew(raws: Sequence[bytes], key: Ed25519PrivateKey | None = None) -> list[bytes]:
    """The log with another person in it, every entry after that naming its forged neighbour; signed with `key`, if one
    is given, else with the old signatures."""
    forged: list[bytes] = []
    for number, raw in enumerate(raws):
        changed = one_byte(raw) if WAS in raw else raw
        if key is not None:
            changed = with_key(changed, key)
        if forged:
            changed = changed.replace(entry_hash(raws[number - 1]).encode(), entry_hash(forged[-1]).encode())
            changed = changed if key is None else _signed(changed, number, entry_hash(forged[-1]), key)
        forged.append(changed)
    return forged


def unsigned(raws: Sequence[bytes]) -> list[bytes]:
    """The log with another person in it and without its checkpoints, numbered and chained anew."""
    forged: list[bytes] = []
    for raw in raws:
        event = json.loads(raw)
        if event["type"] == type_of(CHECKPOINT):
            continue
        event["sequence"] = sequence_text(len(forged) + 1)
        event["prevhash"] = entry_hash(forged[-1]) if forged else GENESIS
        forged.append(json.dumps(event, separators=(",", ":")).encode().replace(WAS, IS))
    return forged


def with_key(text: bytes, key: Ed25519PrivateKey) -> bytes:
    """The text with another key's public half and name in it."""
    old, new = names(KEY), names(key)
    for one, other in zip(old, new, strict=True):
        text = text.replace(one.encode(), other.encode())
    return text


def names(key: Ed25519PrivateKey) -> tuple[str, str]:
    """The public half, and the name that checkpoints use."""
    half = SigningKey(key)
    return half.public, half.name


def _signed(raw: bytes, sequence: int, digest: str, key: Ed25519PrivateKey) -> bytes:
    start = raw.find(_SIGNATURE) + len(_SIGNATURE)
    if start < len(_SIGNATURE):
        return raw
    signature = key.sign(checkpoint.signed_text(LOGID, sequence, digest)).hex()
    return raw[:start] + signature.encode() + raw[start + len(signature) :]
