# HMAC-SHA256 (RFC 2104), which no stock MicroPython has, and what a checkpoint says with it (contract, checkpoint.json).

import hashlib


def hmac_sha256(key, message):
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    key = key + bytes(64 - len(key))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]))
    inner.update(message)
    outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in key]))
    outer.update(inner.digest())
    return outer.digest()


# The name of a key in checkpoints: of its number, never of the key.
def key_name(number):
    return hashlib.sha256(number.encode()).digest()[:8].hex()


# What is signed: logid, sequence (20 digits) and hash of the entry before.
def signed_text(logid, sequence, digest):
    return ("ketuk.checkpoint.v1\n" + logid + "\n" + sequence + "\n" + digest).encode()
