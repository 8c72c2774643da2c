"""A client written by hand from the protocol notes. It shares no code with the simulator or the driver."""

import socket
import struct
from datetime import datetime
from typing import NamedTuple, Self

CONNECT, EXIT, ENABLE, DISABLE, RESTART, POWEROFF = 1000, 1001, 1002, 1003, 1004, 1005
AUTH, REG_EVENT, OPTIONS_RRQ, OPTIONS_WRQ, GET_FREE_SIZES, STATE_RRQ = 1102, 500, 11, 12, 50, 64
GET_TIME, SET_TIME, GET_VERSION, GET_PINWIDTH, STARTVERIFY, CANCELCAPTURE = 201, 202, 1100, 69, 60, 62
PREPARE_DATA, DATA, FREE_DATA, DATA_WRRQ, DATA_RDY = 1500, 1501, 1502, 1503, 1504
USER_WRQ, DELETE_USER, CLEAR_ATTLOG, CLEAR_DATA, REFRESHDATA = 8, 18, 15, 14, 1013
ACK_OK, ACK_ERROR, ACK_UNAUTH, ACK_UNKNOWN = 2000, 2001, 2005, 0xFFFF

READ_PUNCHES = bytes.fromhex("010d000000000000000000")
READ_USERS = bytes.fromhex("0109000500000000000000")
READ_OPERATIONS = bytes.fromhex("0122000000000000000000")


def wall(text: str) -> datetime:
    """A time by a wall clock, which knows no zone."""
    return datetime.fromisoformat(text)


class Reply(NamedTuple):
    command: int
    session: int
    reply: int
    data: bytes


def word_sum(payload: bytes) -> int:
    """The checksum, word by word, as the notes describe it."""
    total = 0
    for place in range(0, len(payload), 2):
        total += int.from_bytes(payload[place : place + 2], "little")
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def payload_of(command: int, session: int, reply: int, data: bytes = b"") -> bytes:
    bare = struct.pack("<4H", command, 0, session, reply) + data
    return struct.pack("<4H", command, word_sum(bare), session, reply) + data


def frame_of(payload: bytes) -> bytes:
    return b"\x50\x50\x82\x7d" + struct.pack("<I", len(payload)) + payload


class RawClient:
    """One TCP connection. Counts reply numbers, checks the checksum of all that comes."""

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection((host, port), timeout)
        self.session = 0
        self.number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, command: int, data: bytes = b"", *, session: int | None = None, number: int | None = None) -> None:
        number = self.number if number is None else number
        self.socket.sendall(frame_of(payload_of(command, self.session if session is None else session, number, data)))

    def exactly(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            got = self.socket.recv(size - len(parts))
            if not got:
                raise ConnectionError(f"closed after {len(parts)} of {size} bytes")
            parts += got
        return parts

    def receive(self) -> Reply:
        top = self.exactly(8)
        assert top[:4] == b"\x50\x50\x82\x7d"
        payload = self.exactly(struct.unpack("<I", top[4:])[0])
        command, checksum, session, reply = struct.unpack("<4H", payload[:8])
        assert checksum == word_sum(payload[:2] + b"\0\0" + payload[4:])
        return Reply(command, session, reply, payload[8:])

    def ask(self, command: int, data: bytes = b"") -> Reply:
        """Send a request and take its reply, which must carry the request's number."""
        self.send(command, data)
        reply = self.receive()
        assert reply.reply == self.number
        self.number += 1
        return reply

    def connect(self) -> Reply:
        reply = self.ask(CONNECT)
        self.session = reply.session
        return reply

    def closed(self) -> bool:
        """Whether the terminal hangs up next, without another byte."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
