# RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2), for the one public exponent 65537. Pure arithmetic: stock
# MicroPython has no signatures.

import hashlib

_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


# Whether `signature` was made over `message` with the key of this modulus (bytes, big-endian).
def verify(modulus: bytes, signature: bytes, message: bytes) -> bool:
    size = len(modulus)
    if size < 256 or len(signature) != size:
        return False
    number, n = int.from_bytes(signature, "big"), int.from_bytes(modulus, "big")
    if number >= n:
        return False
    block = pow(number, 65537, n).to_bytes(size, "big")
    tail = _DIGEST_INFO + hashlib.sha256(message).digest()
    return block == b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
