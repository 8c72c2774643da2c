"""What is carried by hand, for the golden vectors: receipts and the notes of pieces, signed without our code."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.cases_entries import GENESIS, KEY, LOGID, SOME_HASH

CENTRE = Ed25519PrivateKey.from_private_bytes(bytes(range(100, 132)))
SITE, GATEWAY = "desa-terpencil", "gw1"
LINES = b'{"specversion":"1.0"}\n'


def _text(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def receipt(through: int = 2096, missing: list[list[int]] | None = None, **changed: Any) -> dict[str, Any]:
    """A signed receipt; `changed` goes in before it is signed."""
    said = {
        "type": "ketuk.receipt.v1",
        "site": SITE,
        "gateway": GATEWAY,
        "logid": LOGID,
        "through": through,
        "hash": SOME_HASH if through else GENESIS,
        "missing": missing or [],
        "issued": "2026-04-01T09:30:00+07:00",
        **changed,
    }
    ranges = ",".join(f"{first}-{last}" for first, last in said["missing"])
    lines = [said["type"], said["site"], said["gateway"], said["logid"], str(said["through"]).zfill(20), said["hash"]]
    signed = "\n".join([*lines, ranges, said["issued"]])
    return {**said, "key": _public(CENTRE), "signature": CENTRE.sign(signed.encode()).hex()}


def note(**changed: Any) -> dict[str, Any]:
    """A signed note over LINES; `changed` goes in before it is signed."""
    said = {
        "ketuk": "piece.v1",
        "site": SITE,
        "gateway": GATEWAY,
        "logid": LOGID,
        "first": 97,
        "last": 97,
        "entries": 1,
        "oldest": 1,
        "sha256": hashlib.sha256(LINES).hexdigest(),
        **changed,
    }
    numbers = [str(said[name]).zfill(20) for name in ("first", "last", "entries", "oldest")]
    lines = ["ketuk.piece.v1", said["site"], said["gateway"], said["logid"], *numbers, said["sha256"]]
    return {**said, "key": _public(KEY), "signature": KEY.sign("\n".join(lines).encode()).hex()}


RECEIPTS = [
    {"name": name, "value": said, "text": _text(said)}
    for name, said in (
        ("nothing missing", receipt()),
        ("nothing held", receipt(0, [[1, 96]])),
        ("holes", receipt(10, [[11, 20], [31, 31]])),
    )
]
NOTES = [
    {"name": name, "value": said, "text": _text(said)}
    for name, said in (
        ("signed", note()),
        ("of a damaged log", note(first=5001, last=9000, entries=3990, oldest=4097)),
        ("not signed", {**note(), "key": "", "signature": ""}),
    )
]
