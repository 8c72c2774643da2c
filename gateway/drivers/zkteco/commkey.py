"""The answer to "unauthorised": the comm key mixed with the session number (base.py:23-57).

pyzk computes the same, but overflows for some keys (131071, 196607, …) with some session numbers; the terminal's own
arithmetic has 32 bits, so the sum is taken modulo 2**32.
"""

_SALT = int.from_bytes(b"ZKSO", "little")


def answer(key: int, session: int, ticks: int = 50) -> bytes:
    """Four bytes for AUTH. `key` is the number set at the terminal (0 to 999999), `session` what CONNECT gave.

    Vectors: 0 and 0x1234 give 617d326b; 1234 and 0x1f2e give 41363266.
    """
    mirrored = sum(1 << (31 - bit) for bit in range(32) if key >> bit & 1)
    mixed = ((mirrored + session) & 0xFFFFFFFF) ^ _SALT
    swapped = mixed >> 16 | (mixed & 0xFFFF) << 16
    veiled = (swapped ^ (ticks * 0x01010101)) & 0xFF00FFFF | ticks << 16
    return veiled.to_bytes(4, "little")
