"""What a signature is about: the text that a checkpoint signs, and the one by which a key hands over to the next.

Ed25519 (RFC 8032) by gateways, HMAC-SHA256 (RFC 2104) by readers that cannot sign. The texts are ASCII lines joined by
line feeds, with none at the end, and begin with their own name, so that a signature of one is none of the other.
"""

import binascii
import hashlib

ED25519 = "ed25519"
HMAC = "hmac-sha256"

MOST = 500
"""Entries after which a checkpoint follows at once; and a minute after any activity, however few there are."""


def signed_text(logid: str, sequence: int, hash: str) -> bytes:
    """What the signature of a checkpoint is over: a place in a log and the hash of the entry there."""
    return "\n".join(("ketuk.checkpoint.v1", logid, f"{sequence:020d}", hash)).encode()


def rotation_text(logid: str, previous: str, public: str) -> bytes:
    """What the key called `previous` signs in the audit entry `key-rotated`: that in the log of that name (`logid` in
    its detail, since the entry may be carried into a later one) `public` (64 hex digits) takes its place."""
    return "\n".join(("ketuk.key.v1", logid, previous, public)).encode()


def key_name(public: bytes) -> str:
    """How checkpoints call a key: the first 16 hex digits of the SHA-256 of the public key's 32 bytes; for HMAC of
    the key's number, as text."""
    return binascii.hexlify(hashlib.sha256(public).digest()[:8]).decode()
