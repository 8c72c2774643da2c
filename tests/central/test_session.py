"""The ingester's line, byte by byte: a broker of this file says exactly what the test wants, and nothing else."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from central.config import Broker, Partition
from central.ingest.arrival import Arrival
from central.ingest.inbox import Inbox
from central.ingest.session import FILTERS, Session
from tests.brokers import HOST

PATIENCE_S = 20.0
TOPIC = "ketuk/v1/a/b/log/punch"
PUBACK = 0x40


class Peer:
    """The other end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.settimeout(PATIENCE_S)

    def let_in(self) -> None:
        """CONNACK, and a SUBACK that grants everything."""
        assert self.packet()[0] == 0x10
        self._sock.sendall(b"\x20\x02\0\0")
        kind, body = self.packet()
        assert kind == 0x82
        self._sock.sendall(bytes((0x90, 2 + len(FILTERS))) + body[:2] + b"\1" * len(FILTERS))

    def send(self, *messages: tuple[int, bytes]) -> None:
        """QoS 1, by packet id and payload, in one write."""
        topic = TOPIC.encode()
        packets = b""
        for mid, payload in messages:
            body = len(topic).to_bytes(2, "big") + topic + mid.to_bytes(2, "big") + payload
            packets += bytes((0x32, len(body))) + body
        self._sock.sendall(packets)

    def packet(self) -> tuple[int, bytes]:
        """Type with its flags, and what follows the length."""
        kind, length, shift = self._read(1)[0], 0, 0
        while True:
            byte = self._read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, self._read(length)

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        data = b""
        while more := self._sock.recv(4096):
            data += more
        return data

    def close(self) -> None:
        self._sock.close()

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._sock.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data


class Line:
    """A session and the port that it connects to."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self.inbox = Inbox()
        url = f"mqtt://{HOST}:{server.getsockname()[1]}"
        self.session = Session(Broker(url=url, backoff_min=0.01, backoff_max=0.02), Partition(), self.inbox)

    def connect(self) -> Peer:
        """Until the session is ready, on a new connection."""
        end = time.monotonic() + PATIENCE_S
        before = self.session.connection
        while self.session.connection == before:
            assert time.monotonic() < end
            self.session.tend()
            time.sleep(0.005)
        peer = Peer(self._server.accept()[0])
        peer.let_in()
        while not self.session.tend():
            assert time.monotonic() < end
            time.sleep(0.005)
        return peer

    def take(self, count: int) -> list[Arrival]:
        """So many messages."""
        batch = self.inbox.batch(count, PATIENCE_S, PATIENCE_S)
        assert len(batch) == count
        return batch


@contextmanager
def a_line() -> Iterator[Line]:
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(PATIENCE_S)
        yield Line(server)


def test_all_that_came_in_one_piece_is_taken_though_nothing_follows() -> None:
    with a_line() as line:
        peer = line.connect()
        peer.send((1, b"a"), (2, b"b"), (3, b"c"))
        batch = line.take(3)
        assert [one.payload for one in batch] == [b"a", b"b", b"c"]
        line.session.ack(batch)
        assert [peer.packet() for _ in range(3)] == [(PUBACK, b"\0\1"), (PUBACK, b"\0\2"), (PUBACK, b"\0\3")]
        peer.close()
        line.session.close(b"{}")


def test_nothing_is_acknowledged_by_itself_or_on_another_connection() -> None:
    """The same id may mean another message there: whoever acknowledged that would lose it."""
    with a_line() as line:
        first = line.connect()
        first.send((1, b"old"), (2, b"old too"))
        old = line.take(2)
        first.close()
        second = line.connect()
        second.send((1, b"new"), (7, b"newer"))
        new = line.take(2)
        line.session.ack(old)
        line.session.ack(new[1:])
        assert second.packet() == (PUBACK, b"\0\7")
        line.session.renew("the test wants to see its end")
        assert second.rest() == b""
