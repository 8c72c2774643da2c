"""Receipts and notes of pieces: their golden vectors, their schemas, and whatever bytes come instead of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import example, given
from hypothesis import strategies as st

from contract import piece, receipt
from contract.entry import ContractError
from tests import schemas
from tests.contract import cases_carried, make_vectors
from tests.contract.test_parsers import json_values


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((make_vectors.FOLDER / "carried" / name).read_text())
    return found


def good(key: str, signature: str, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("vector", vectors("receipts.json"), ids=lambda vector: vector["name"])
def test_receipts(vector: dict[str, Any]) -> None:
    raw, said = vector["text"].encode(), vector["value"]
    schemas.check("receipt", said)
    read = receipt.parse_receipt(raw)
    assert receipt.build_receipt(read.receipt, read.key, read.signature) == raw
    assert (read.receipt.through, read.receipt.missing) == (said["through"], tuple(map(tuple, said["missing"])))
    assert good(read.key, read.signature, read.receipt.signed_text())


@pytest.mark.parametrize("vector", vectors("notes.json"), ids=lambda vector: vector["name"])
def test_notes(vector: dict[str, Any]) -> None:
    raw, said = vector["text"].encode(), vector["value"]
    schemas.check("piece", said)
    read = piece.parse_note(raw)
    assert read.line() == raw
    assert {"ketuk": "piece.v1", **read._asdict()} == said
    assert not read.key or good(read.key, read.signature, read.signed_text())


SIGNED_MEMBERS = {
    "receipt": {
        "site": "desa-lain",
        "gateway": "gw2",
        "logid": "gw1.00000000",
        "through": 2097,
        "hash": "ab" * 32,
        "missing": [[3000, 3000]],
        "issued": "2026-04-01T09:30:01+07:00",
    },
    "piece": {"site": "desa-lain", "first": 96, "last": 98, "entries": 2, "oldest": 2, "sha256": "ab" * 32},
}


@pytest.mark.parametrize(("kind", "member"), [(kind, m) for kind, some in SIGNED_MEMBERS.items() for m in some])
def test_the_signature_is_over_every_member(kind: str, member: str) -> None:
    changed = {member: SIGNED_MEMBERS[kind][member]}
    if member == "gateway":
        changed["logid"] = "gw2.7f3a9c2e"
    if kind == "receipt":
        said = receipt.parse_receipt(json.dumps(cases_carried.receipt() | changed).encode())
        assert not good(said.key, said.signature, said.receipt.signed_text())
    else:
        changed |= {"last": 98} if member == "entries" else {}
        note = piece.parse_note(json.dumps(cases_carried.note() | changed, separators=(",", ":")).encode())
        assert not good(note.key, note.signature, note.signed_text())


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("receipt", {"type": "ketuk.receipt.v2"}),
    ("receipt", {"site": "central"}),
    ("receipt", {"gateway": "GW1"}),
    ("receipt", {"logid": "gw2.7f3a9c2e"}),
    ("receipt", {"logid": "gw1.xyz"}),
    ("receipt", {"through": -1}),
    ("receipt", {"through": True}),
    ("receipt", {"through": 10**20}),
    ("receipt", {"hash": "AB" * 32}),
    ("receipt", {"missing": [[2, 1]]}),
    ("receipt", {"missing": [[n, n] for n in range(1, 66)]}),
    ("receipt", {"issued": ""}),
    ("receipt", {"issued": "kemarin\n"}),
    ("receipt", {"key": "00"}),
    ("receipt", {"signature": None}),
    ("piece", {"ketuk": "piece.v2"}),
    ("piece", {"site": "central"}),
    ("piece", {"logid": "gw1"}),
    ("piece", {"first": 0}),
    ("piece", {"first": 98}),
    ("piece", {"entries": 0}),
    ("piece", {"entries": 2}),
    ("piece", {"oldest": 98}),
    ("piece", {"last": 2**63}),
    ("piece", {"last": 97.0}),
    ("piece", {"sha256": "x"}),
    ("piece", {"key": ""}),
    ("piece", {"signature": "zz"}),
]
PARSERS: dict[str, tuple[Callable[[bytes], object], dict[str, Any]]] = {
    "receipt": (receipt.parse_receipt, cases_carried.receipt()),
    "piece": (piece.parse_note, cases_carried.note()),
}


def compact(said: dict[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode(errors="surrogatepass")


@pytest.mark.parametrize(("kind", "changed"), WRONG, ids=lambda value: json.dumps(value)[:50])
def test_one_step_away(kind: str, changed: dict[str, Any]) -> None:
    parse, right = PARSERS[kind]
    parse(compact(right))
    with pytest.raises(ContractError, match=f"^({kind}|ack)"):
        parse(compact(right | changed))


def judge(kind: str, raw: bytes) -> None:
    """A value that can be written again, or a ContractError."""
    try:
        read = PARSERS[kind][0](raw)
    except ContractError:
        return
    json.dumps(read, allow_nan=False, ensure_ascii=False).encode()
    if isinstance(read, piece.Note):
        read.signed_text()
    elif isinstance(read, receipt.Signed):
        read.receipt.signed_text()


@pytest.mark.parametrize("kind", PARSERS)
@given(raw=st.binary(max_size=300))
@example(raw=b"")
@example(raw=b'{"ketuk":')
@example(raw=b'{"ketuk":' * 200)
@example(raw=b'{"type":"ketuk.receipt.v1","missing":' + b"[" * 8000 + b"]" * 8000 + b"}")
@example(raw=b"9" * 16000)
def test_any_bytes(kind: str, raw: bytes) -> None:
    judge(kind, raw)


@pytest.mark.parametrize("kind", PARSERS)
@given(data=st.data())
def test_a_right_one_with_any_member_changed(kind: str, data: st.DataObject) -> None:
    right = PARSERS[kind][1]
    member = data.draw(st.sampled_from(sorted(right)))
    judge(kind, compact(right | {member: data.draw(json_values)}))


@pytest.mark.parametrize("kind", PARSERS)
@given(data=st.data())
def test_a_right_one_with_any_byte_changed(kind: str, data: st.DataObject) -> None:
    raw = bytearray(compact(PARSERS[kind][1]))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    judge(kind, bytes(raw))


@pytest.mark.parametrize("depth", range(10, 1000, 45))
def test_deep_nesting_is_no_exception(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    judge("receipt", compact(cases_carried.receipt()).replace(b'"missing":[]', b'"missing":' + nested))
