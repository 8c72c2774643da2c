"""The hash chain: each entry names the SHA-256 of the exact bytes of the entry before it."""

import binascii
import hashlib

GENESIS = "0" * 64


def entry_hash(raw: bytes) -> str:
    """SHA-256 of an entry's exact bytes, 64 lower-case hex digits."""
    return binascii.hexlify(hashlib.sha256(raw).digest()).decode()
