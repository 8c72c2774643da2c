"""The communication key: what a client must answer when CONNECT was met with UNAUTH."""

TICKS = 50
"""Salt that clients send in the third byte; any other value is honoured too."""


def scramble(key: int, session: int, ticks: int = TICKS) -> bytes:
    """The 4 bytes of AUTH for a key of 0..999999 and the session number given by CONNECT.

    The key's 32 bits are mirrored, the session is added (modulo 2**32, where pyzk overflows), the bytes are XORed with
    `ZKSO`, the halves swapped, and all but the third byte XORed with the ticks, which take that byte's place.
    Vectors: 0 and 0x1234 give 617d326b; 1234 and 0x1f2e give 41363266.
    """
    mirrored = int(f"{key & 0xFFFFFFFF:032b}"[::-1], 2)
    mixed = ((mirrored + session) & 0xFFFFFFFF).to_bytes(4, "little")
    low = [byte ^ mask for byte, mask in zip(mixed, b"ZKSO", strict=True)]
    first, second, _, last = low[2], low[3], low[0], low[1]
    return bytes((first ^ ticks, second ^ ticks, ticks, last ^ ticks))


def accepts(key: int, session: int, answer: bytes) -> bool:
    """Whether `answer` is the right data of AUTH."""
    return len(answer) >= 4 and answer[:4] == scramble(key, session, answer[2])
