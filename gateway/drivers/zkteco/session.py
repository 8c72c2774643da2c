"""One session with a terminal: pyzk 0.9 as published, on a channel of ours instead of its socket.

pyzk keeps what we need private. The few private names are used here and nowhere else; pyzk 0.9 is frozen (2019), and
`tests/drivers/zkteco/test_session.py` fails if another version has other names.
"""

import contextlib
import struct
import time
from typing import Any

from zk import ZK
from zk.exception import ZKErrorResponse

from gateway.drivers.zkteco import codes, commkey
from gateway.drivers.zkteco.channel import Channel

_CHUNK = 1024
"""Bytes asked for at once over UDP: what one datagram carries, so that none can overtake another unnoticed."""
_TRIES = 4
_LENGTH = struct.Struct("<I")


class Incomplete(Exception):
    """A bulk read that is not what was announced; the message says in which way. Read again."""


class _NoProbe:
    """In place of pyzk's helper, which opens a second connection before the real one and runs a shell for `ping`."""

    def test_tcp(self) -> int:
        return 0


class Session(ZK):  # type: ignore[misc]  # pyzk has no types
    """pyzk with a few methods of ours. Raises ZKErrorResponse, ZKNetworkError, OSError, ValueError, and what else
    pyzk lets through: `trouble.py` makes one kind of it."""

    _ZK__sock: Any  # a socket at first, then our channel

    def __init__(self, channel: Channel, host: str, port: int, comm_key: int, *, udp: bool) -> None:
        super().__init__(host, port, channel.timeout, comm_key, force_udp=udp, ommit_ping=True)
        self._ZK__sock.close()  # pyzk makes one before it needs it
        self.helper = _NoProbe()
        self._channel = channel
        self._comm_key = comm_key
        self.unordered = False
        """Whether the last table came in datagrams of which nothing tells the order."""

    def _ZK__create_socket(self) -> None:  # noqa: N802 - pyzk's private factory, by its mangled name
        self._ZK__sock = self._channel

    @property
    def number(self) -> int:
        """The session number that the terminal gave."""
        number: int = self._ZK__session_id
        return number

    def connect(self) -> "Session":
        """CONNECT, and AUTH where the terminal asks for it. Raises ZKErrorResponse("Unauthenticated")."""
        try:
            super().connect()
        except struct.error:  # pyzk's mixing of the key overflows; the terminal now waits for AUTH
            reply = self._ZK__send_command(codes.AUTH, commkey.answer(self._comm_key, self.number))
            if not reply["status"]:
                raise ZKErrorResponse("Unauthenticated") from None
            self.is_connect = True
        return self

    def ask(self, command: int, data: bytes = b"") -> bytes:
        """One command, and the data of its reply."""
        reply = self._ZK__send_command(command, data, 1024)
        if reply["code"] == codes.ACK_UNAUTH:
            raise ConnectionResetError("it has forgotten our session")
        if not reply["status"]:
            raise ZKErrorResponse(f"command {command} was refused with {reply['code']}")
        answer: bytes = self._ZK__data
        return answer

    def clock(self) -> tuple[int, float, float]:
        """(packed time, moment halfway between question and answer, seconds between them); moments by monotonic()."""
        asked = time.monotonic()
        data = self.ask(codes.GET_TIME)
        answered = time.monotonic()
        if len(data) < _LENGTH.size:
            raise ZKErrorResponse("the answer holds no time")
        return _LENGTH.unpack_from(data)[0], (asked + answered) / 2, answered - asked

    def free_data(self) -> bool:
        """Let the terminal forget a buffered read; that it will not is no reason to throw the data away."""
        with contextlib.suppress(ZKErrorResponse):
            super().free_data()
        return True

    def table(self, command: int, fct: int = 0) -> bytes:
        """A whole table (attendance log, users), without its leading length. Raises Incomplete when it is not whole."""
        try:
            data = self._read(command, fct)
        except ZKErrorResponse as error:
            raise Incomplete(str(error)) from error
        if not data:
            return b""
        told = _LENGTH.unpack_from(data)[0] if len(data) >= _LENGTH.size else -1
        if told != len(data) - _LENGTH.size:
            raise Incomplete(f"{len(data) - _LENGTH.size} bytes came, the table says {told}")
        return data[_LENGTH.size :]

    def _read(self, command: int, fct: int) -> bytes:
        """Buffered where the terminal can."""
        self.unordered = False
        try:
            if self.force_udp:
                return self._read_datagrams(command, fct)
            data: bytes = self.read_with_buffer(command, fct)[0]
        except ZKErrorResponse as error:
            if str(error) != "RWB Not supported":
                raise
            return self._read_unbuffered(command)
        return data

    def _read_datagrams(self, command: int, fct: int) -> bytes:
        """Like pyzk's read_with_buffer, but one datagram at a time, each asked for again when it does not come."""
        reply = self._ZK__send_command(codes.PREPARE_BUFFER, struct.pack("<bhii", 1, command, fct, 0), 1024)
        if not reply["status"]:
            raise ZKErrorResponse("RWB Not supported")
        if reply["code"] == codes.DATA:
            return bytes(self._ZK__data)
        size: int = _LENGTH.unpack_from(self._ZK__data, 1)[0]
        chunks = [self._chunk(start, min(_CHUNK, size - start)) for start in range(0, size, _CHUNK)]
        self.free_data()
        return b"".join(chunks)

    def _chunk(self, start: int, size: int) -> bytes:
        for _ in range(_TRIES):
            try:
                chunk: bytes = self._ZK__read_chunk(start, size)
            except TimeoutError:  # its first datagram came, the next did not
                continue
            if len(chunk) == size:
                return chunk
        raise Incomplete(f"{size} bytes from {start} on did not arrive in {_TRIES} tries")

    def _read_unbuffered(self, command: int) -> bytes:
        """For terminals without buffered reads: the bare command, answered by the whole table.

        Over UDP nothing would tell that two datagrams changed places, so two whole reads in a row must agree.
        """
        self.unordered = self.force_udp
        if not self.force_udp:
            return self._read_bare(command)
        earlier: bytes | None = None
        for _ in range(_TRIES):
            try:
                table = self._read_bare(command)
            except Incomplete:
                continue
            if table == earlier:
                return table
            earlier = table
        raise Incomplete(f"no two of {_TRIES} reads agree")

    def _read_bare(self, command: int) -> bytes:
        reply = self._ZK__send_command(command, b"", 1024)
        if not reply["status"]:
            raise ZKErrorResponse(f"command {command} was refused with {reply['code']}")
        if reply["code"] == codes.ACK_OK:
            return b""
        try:
            table: bytes | None = self._ZK__recieve_chunk()
        except TimeoutError as error:
            raise Incomplete("the table broke off") from error
        if not table:  # over UDP its end may have overtaken all of it
            raise Incomplete("the table broke off")
        return table
