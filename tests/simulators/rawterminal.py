"""Clients written by hand from the protocol notes. They share no code with the simulator or the driver."""

import socket
import struct
from abc import ABC, abstractmethod
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
READ_FINGERS = bytes.fromhex("0107000200000000000000")


def wall(text: str) -> datetime:
    """A time by a wall clock, which knows no zone."""
    return datetime.fromisoformat(text)


class Reply(NamedTuple):
    command: int
    session: int
    reply: int
    data: bytes


class BadChecksum(Exception):
    """What came does not sum up."""


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


class Raw(ABC):
    """Counts reply numbers, checks the checksum of all that comes."""

    socket: socket.socket

    def __init__(self) -> None:
        self.session = 0
        self.number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @abstractmethod
    def put(self, payload: bytes) -> None:
        """Send a packet."""

    @abstractmethod
    def take(self) -> bytes:
        """Receive a packet."""

    def send(self, command: int, data: bytes = b"", *, session: int | None = None, number: int | None = None) -> None:
        number = self.number if number is None else number
        self.put(payload_of(command, self.session if session is None else session, number, data))

    def receive(self) -> Reply:
        payload = self.take()
        command, checksum, session, reply = struct.unpack("<4H", payload[:8])
        if checksum != word_sum(payload[:2] + b"\0\0" + payload[4:]):
            raise BadChecksum(payload[:8].hex())
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

    def subscribe(self, mask: int = 1) -> None:
        assert self.ask(REG_EVENT, struct.pack("<I", mask)).command == ACK_OK

    def acknowledge(self) -> None:
        self.send(ACK_OK, number=0)

    def transfer(self, command: int, data: bytes = b"") -> bytes:
        """A request whose answer is PREPARE_DATA, DATA and ACK_OK."""
        number = self.number
        ready = self.ask(command, data)
        assert ready.command == PREPARE_DATA
        content = b""
        while (part := self.receive()).command == DATA:
            assert part.reply == number
            content += part.data
        assert (part.command, part.reply, part.data) == (ACK_OK, number, b"")
        assert struct.unpack_from("<I", ready.data) == (len(content),)
        return content

    def read(self, request: bytes, largest: int = 0xFFC0) -> bytes:
        """A whole set by DATA_WRRQ, at once or in chunks."""
        told = self.ask(DATA_WRRQ, request)
        if told.command == DATA:
            return told.data
        assert told.command == ACK_OK
        (size,) = struct.unpack_from("<I", told.data, 1)
        chunks = [
            self.transfer(DATA_RDY, struct.pack("<ii", start, min(largest, size - start)))
            for start in range(0, size, largest)
        ]
        assert self.ask(FREE_DATA).command == ACK_OK
        return b"".join(chunks)


class RawClient(Raw):
    """One TCP connection."""

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        super().__init__()
        self.socket = socket.create_connection((host, port), timeout)

    def put(self, payload: bytes) -> None:
        self.socket.sendall(frame_of(payload))

    def exactly(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            got = self.socket.recv(size - len(parts))
            if not got:
                raise ConnectionError(f"closed after {len(parts)} of {size} bytes")
            parts += got
        return parts

    def take(self) -> bytes:
        top = self.exactly(8)
        assert top[:4] == b"\x50\x50\x82\x7d"
        return self.exactly(struct.unpack("<I", top[4:])[0])

    def closed(self) -> bool:
        """Whether the terminal hangs up next, without another byte."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


class RawUdp(Raw):
    """One UDP socket."""

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        super().__init__()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(timeout)
        self.socket.connect((host, port))

    def put(self, payload: bytes) -> None:
        self.socket.send(payload)

    def take(self) -> bytes:
        return self.socket.recv(65536)

    def silent(self, seconds: float = 0.2) -> bool:
        """Whether nothing comes for a while."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)
        return False
