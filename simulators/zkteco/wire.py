"""Packets on the wire: header, checksum, and the 8-byte top that TCP adds.

A packet is `u16 command, u16 checksum, u16 session, u16 reply number, data`, all little endian. UDP carries it bare;
TCP puts `50 50 82 7D` and the packet's length as u32 before it (captures in the zk-protocol notes, protocol.md).
"""

import struct
from typing import NamedTuple

TOP = bytes.fromhex("5050827d")
TOP_LENGTH = 8
HEADER = struct.Struct("<4H")
LONGEST = 0xFFFF
"""Longest packet in bytes that this terminal takes: more than any client's chunk of 1,024 bytes with its header."""


class BadPacket(ValueError):
    """A packet that a terminal drops without a word: too short, or its checksum is wrong."""


class BadStream(ValueError):
    """A TCP stream that lost its framing; nothing after it can be understood."""


def checksum(packet: bytes) -> int:
    """Ones' complement of the end-around-carry sum of all u16 words, the checksum field being zero or left out.

    The words are the digits of one big number in base 65,536, and the sum of digits modulo 65,535 is the number modulo
    65,535; only the zero of a sum of 65,535 must be told from the zero of an empty sum.
    """
    number = int.from_bytes(packet, "little")
    total = number % 0xFFFF
    return 0xFFFF - (0xFFFF if number and not total else total)


def checksum_holds(packet: bytes) -> bool:
    """Whether a received packet sums up with its own checksum to all ones."""
    number = int.from_bytes(packet, "little")
    return number != 0 and number % 0xFFFF == 0


class Packet(NamedTuple):
    """One request, reply or event."""

    command: int
    session: int
    """Session number; in an event the event code, in the reply to STATE_RRQ the state."""
    reply: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The bytes of the packet without the TCP top."""
        bare = HEADER.pack(self.command, 0, self.session, self.reply) + self.data
        return bare[:2] + checksum(bare).to_bytes(2, "little") + bare[4:]


def decode(payload: bytes) -> Packet:
    """Take a received packet apart. Raises BadPacket."""
    if len(payload) < HEADER.size:
        raise BadPacket(f"{len(payload)} bytes are too few for a header")
    if not checksum_holds(payload):
        raise BadPacket(f"wrong checksum in {payload[:8].hex()}")
    command, _, session, reply = HEADER.unpack_from(payload)
    return Packet(command, session, reply, payload[HEADER.size :])


def tcp_frame(payload: bytes) -> bytes:
    """The packet with the top that TCP needs."""
    return TOP + len(payload).to_bytes(4, "little") + payload


class TcpStream:
    """Cuts a TCP byte stream back into packets, however it was split or glued on the way."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """The packets completed by `received`. Raises BadStream."""
        self._rest += received
        packets = []
        while len(self._rest) >= TOP_LENGTH:
            if self._rest[:4] != TOP:
                raise BadStream(f"expected {TOP.hex()}, got {self._rest[:4].hex()}")
            length = int.from_bytes(self._rest[4:8], "little")
            if length > LONGEST:
                raise BadStream(f"a packet of {length} bytes is longer than {LONGEST}")
            if len(self._rest) < TOP_LENGTH + length:
                break
            packets.append(bytes(self._rest[TOP_LENGTH : TOP_LENGTH + length]))
            del self._rest[: TOP_LENGTH + length]
        return packets
