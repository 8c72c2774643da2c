"""A broker whose every answer the test decides, at the level of the socket: it counts, withholds, refuses, stalls.

Packets are MQTT 3.1.1 or 5.0 as the client's CONNECT says; only what a publisher needs is understood.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from tests.brokers import HOST

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14


class Published(NamedTuple):
    """A PUBLISH from the client."""

    mid: int
    topic: str
    payload: bytes
    retain: bool

    @property
    def is_entry(self) -> bool:
        return "/log/" in self.topic


class Peer:
    """One connection of the client."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.number = number
        """0 for the first connection."""
        self.published: list[Published] = []
        self.unacked: dict[int, Published] = {}
        self.most_unacked = 0
        self.version = 4
        self.client_id = ""
        self.connect = b""
        """Body of its CONNECT."""
        self.said_goodbye = False
        self._sock, self._lock = sock, threading.Lock()

    def send(self, packet: bytes) -> None:
        with contextlib.suppress(OSError), self._lock:
            self._sock.sendall(packet)

    def puback(self, mid: int, reason: int = 0) -> None:
        self.unacked.pop(mid, None)
        body = struct.pack("!H", mid) + (bytes((reason, 0)) if self.version == 5 and reason else b"")
        self.send(packet(PUBACK << 4, body))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """To the client, QoS 0."""
        body = struct.pack("!H", len(topic)) + topic.encode() + (b"\0" if self.version == 5 else b"")
        self.send(packet(PUBLISH << 4 | retain, body + payload))

    def reset(self) -> None:
        """End with RST instead of FIN; from a script or greeting, as the last thing."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise EOFError

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


Script = Callable[[Peer, Published], None]
"""What to do about a PUBLISH; see `acknowledge`."""


def acknowledge(peer: Peer, message: Published) -> None:
    """What an honest broker does."""
    peer.puback(message.mid)


class ScriptedBroker:
    """`connack`: the properties of an MQTT 5 CONNACK. `code`: its reason code. `suback`: its answer to each filter of a
    SUBSCRIBE, None: no answer;
    `reading`: whether it reads at all after the CONNACK."""

    def __init__(
        self,
        script: Script = acknowledge,
        *,
        connack: bytes = b"",
        code: int = 0,
        suback: int | None = 1,
        reading: Callable[[Peer], bool] = lambda _: True,
        greeting: Callable[[Peer], None] = lambda _: None,
    ) -> None:
        self.script, self._connack, self._code, self._suback, self._reading = script, connack, code, suback, reading
        self._greeting = greeting
        self.peers: list[Peer] = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"mqtt://{HOST}:{self.port}"
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def entries(self) -> list[Published]:
        """Entries of all connections, in order."""
        return [message for peer in self.peers for message in peer.published if message.is_entry]

    def refuse_connections(self) -> None:
        """From now on nobody listens; connections that stand go on."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self.refuse_connections()
        for peer in self.peers:
            peer.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(sock, len(self.peers))
            self.peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(sock, peer), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, peer: Peer) -> None:
        with contextlib.suppress(OSError, EOFError), sock, sock.makefile("rb") as stream:
            while True:
                first, body = read_packet(stream.read)
                self._take(peer, first, body)
                if not self._reading(peer):
                    self._done.wait(60)
                    return

    def _take(self, peer: Peer, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == CONNECT:
            self._greet(peer, body)
        elif kind == PUBLISH:
            message = parse_publish(first, body, peer.version)
            peer.published.append(message)
            peer.unacked[message.mid] = message
            peer.most_unacked = max(peer.most_unacked, len(peer.unacked))
            self.script(peer, message)
        elif kind == SUBSCRIBE and self._suback is not None:
            properties = b"\0" if peer.version == 5 else b""
            peer.send(packet(0x90, body[:2] + properties + bytes((self._suback,)) * _filters(body, peer.version)))
        elif kind == PINGREQ:
            peer.send(b"\xd0\0")
        elif kind == DISCONNECT:
            peer.said_goodbye = True
            raise EOFError

    def _greet(self, peer: Peer, body: bytes) -> None:
        peer.version, peer.connect = body[6], body
        at = 10
        if peer.version == 5:
            at += 1 + body[10]
        peer.client_id = body[at + 2 : at + 2 + int.from_bytes(body[at : at + 2])].decode()
        properties = bytes((len(self._connack),)) + self._connack if peer.version == 5 else b""
        peer.send(packet(0x20, bytes((0, self._code)) + properties))
        self._greeting(peer)


def packet(first: int, body: bytes) -> bytes:
    """A packet of less than 2 MB."""
    length, size = b"", len(body)
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes((low | (0x80 if size else 0),))
        if not size:
            return bytes((first,)) + length + body


def read_packet(read: Callable[[int], bytes]) -> tuple[int, bytes]:
    """(first byte, body). EOFError at the end."""
    first = read(1)
    size = shift = 0
    while True:
        byte = read(1)
        if not byte:
            raise EOFError
        size |= (byte[0] & 0x7F) << shift
        shift += 7
        if not byte[0] & 0x80:
            break
    body = read(size)
    if len(body) < size:
        raise EOFError
    return first[0], body


def parse_publish(first: int, body: bytes, version: int) -> Published:
    end = 2 + int.from_bytes(body[:2])
    start = end + 2
    if version == 5:
        start += 1 + body[start]
    return Published(int.from_bytes(body[end : end + 2]), body[2:end].decode(), body[start:], bool(first & 1))


def _filters(body: bytes, version: int) -> int:
    """How many filters a SUBSCRIBE has."""
    at = 3 + body[2] if version == 5 else 2
    count = 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2]) + 1
        count += 1
    return count
