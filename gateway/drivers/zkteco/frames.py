"""Frames of the protocol, pure: bytes in any split or coalesced -> whole frames with a right checksum, and back.

TCP puts 8 bytes in front of each packet (`50 50 82 7d`, u32 length; P:147-157); UDP carries the bare packet. A packet
is u16 command, u16 checksum, u16 session, u16 reply number, data, little-endian (P:179-189; V p.4). The checksum is the
ones' complement of the ones' complement sum of the packet's 16-bit words (P:310-345; V p.9), so the words of a whole
packet sum to all ones: as a number in base 65536, the packet is divisible by 65535.
"""

from struct import Struct
from typing import NamedTuple

MAGIC = bytes.fromhex("5050827d")
MAX_PACKET = 8 + 0x20000
"""A longer packet is junk: terminals send at most 65,472 bytes of data in one (base.py:1558)."""

_TOP = Struct("<4sI")
_HEADER = Struct("<4H")


class Frame(NamedTuple):
    """One packet, checked."""

    command: int
    session: int
    """Session number; in an event (command 500) the event code."""
    reply: int
    """The request's number, echoed; 0 in an event."""
    packet: bytes
    """Header and data as received, without the TCP top."""

    @property
    def data(self) -> bytes:
        """What follows the 8-byte header."""
        return self.packet[_HEADER.size :]


def parse(packet: bytes) -> Frame | None:
    """The frame of one packet (a UDP datagram, or what a TCP top announced); None if it is none."""
    if not _HEADER.size <= len(packet) <= MAX_PACKET or int.from_bytes(packet, "little") % 0xFFFF:
        return None
    command, _, session, reply = _HEADER.unpack_from(packet)
    return Frame(command, session, reply, packet)


def packet(command: int, session: int, reply: int, data: bytes = b"") -> bytes:
    """A packet with its checksum, as UDP carries it."""
    bare = _HEADER.pack(command, 0, session, reply) + data
    checksum = -int.from_bytes(bare, "little") % 0xFFFF
    return _HEADER.pack(command, checksum, session, reply) + data


def with_top(bare: bytes) -> bytes:
    """A packet as TCP carries it."""
    return _TOP.pack(MAGIC, len(bare)) + bare


class FrameReader:
    """A TCP stream, piece by piece, into frames. Holds at most one packet and one piece."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.skipped = 0
        """Bytes that belonged to no frame."""
        self.refused = 0
        """Packets announced by a top that were none (checksum, length)."""

    def feed(self, piece: bytes) -> list[Frame]:
        """The frames that `piece` completes, in order."""
        self._buffer += piece
        frames = []
        while (frame := self._take()) is not None:
            frames.append(frame)
        return frames

    def _take(self) -> Frame | None:
        """The next whole frame; None until more bytes come."""
        while self._seek():
            size: int = _TOP.unpack_from(self._buffer)[1]
            end = _TOP.size + size
            if size <= MAX_PACKET and len(self._buffer) < end:
                return None
            frame = parse(bytes(self._buffer[_TOP.size : end])) if size <= MAX_PACKET else None
            if frame is not None:
                del self._buffer[:end]
                return frame
            self.refused += 1
            self._skip(len(MAGIC))
        return None

    def _seek(self) -> bool:
        """Bring the next top to the front; whether it is whole."""
        start = self._buffer.find(MAGIC)
        self._skip(start if start >= 0 else max(0, len(self._buffer) - len(MAGIC) + 1))
        return start >= 0 and len(self._buffer) >= _TOP.size

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]
