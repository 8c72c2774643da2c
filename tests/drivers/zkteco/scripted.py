"""A terminal that follows a script: raw bytes over a real socket, sharing no code with the driver.

It answers the few commands a driver needs, from plain attributes that a test changes at will, and has bad habits on
request. `answers` replaces the answer to a command: a function of (terminal, link, reply number, data).
"""

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.drivers.zkteco import bytes_of

SESSION = 0xAA17
_NUMBERS = itertools.count(1)
OK, ERROR, UNAUTH = 2000, 2001, 2005
Answer = Callable[["ScriptedTerminal", "Link", int, bytes], None]


@dataclass
class Link:
    """One client."""

    send: Callable[[bytes], None]
    trusted: bool = False
    registered: int = 0
    buffer: bytes = b""


@dataclass
class ScriptedTerminal:
    """See the module. Rows and counters are what the next question finds."""

    udp: bool = False
    serial: str = field(default_factory=lambda: f"OKI{next(_NUMBERS):04}")
    firmware: str = "Ver 6.60 Apr 26 2016"
    comm_key: bytes | None = None
    """The four bytes of AUTH that are let in; None: no key is asked for."""
    log: bytes = b""
    users: bytes = b""
    operations: bytes = b""
    counters: Callable[["ScriptedTerminal"], bytes] = lambda self: bytes_of.sizes(
        len(self.log) // 40, operations=len(self.operations) // 16
    )
    clock: int = bytes_of.JUNE
    buffered: bool = True
    chunk: int = 4096
    inline: int = 500
    """A table of at most so many bytes is answered at once."""
    noise: Callable[["ScriptedTerminal", "Link"], bytes] = lambda self, link: b""
    """Bytes that go out in one piece in front of each frame of a bulk read."""
    cut: int = 0
    """Every answer leaves in pieces of so many bytes; 0: in one."""
    answers: dict[int, Answer] = field(default_factory=dict)
    garble: Callable[[bytes], list[bytes]] = lambda datagram: [datagram]
    """What becomes of each datagram on its way to the client."""

    def __post_init__(self) -> None:
        self.seen: list[tuple[int, bytes]] = []
        self.complaints: list[str] = []
        self.acknowledged = 0
        self.connections = 0
        self.links: list[Link] = []
        self.changed = threading.Condition()
        self._stopping = threading.Event()
        self._lock = threading.RLock()
        kind = socket.SOCK_DGRAM if self.udp else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self.port: int = self._socket.getsockname()[1]
        if not self.udp:
            self._socket.listen()
        self._threads = [threading.Thread(target=self._serve_udp if self.udp else self._serve_tcp, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> "ScriptedTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(5)
        self._socket.close()
        assert not self.complaints

    # what tests do

    def event(self, payload: bytes, code: int = 1) -> None:
        """A live event to everybody who wants it."""
        for link in self.links:
            if link.registered & code:
                self.transmit(link, bytes_of.packet(500, code, 0, payload))

    def punch(self, row: bytes, payload: bytes) -> None:
        """Into the log, and live."""
        with self._lock:
            self.log += row
        self.event(payload)

    def commands(self) -> Counter[int]:
        """How often each command came."""
        return Counter(command for command, _ in self.seen)

    def wait(self, condition: Callable[[], bool], seconds: float = 5) -> None:
        """Until it holds, or fail."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come about in time"
            with self.changed:
                self.changed.wait(0.02)

    def transmit(self, link: Link, packet: bytes) -> None:
        """One packet, the way this terminal sends it."""
        if self.udp:
            for datagram in self.garble(packet):
                link.send(datagram)
        else:
            self.put(link, bytes_of.top(packet))

    def put(self, link: Link, stream: bytes) -> None:
        """Bytes of the stream."""
        with self._lock, contextlib.suppress(OSError):
            for piece in _pieces(stream, self.cut):
                link.send(piece)

    # answers

    def reply(self, link: Link, code: int, number: int, data: bytes = b"") -> None:
        """An answer."""
        self.transmit(link, bytes_of.packet(code, SESSION, number, data))

    def table(self, link: Link, number: int, body: bytes) -> None:
        """Answer to 1503: at once, or the size of what can be fetched."""
        whole = struct.pack("<I", len(body)) + body
        link.buffer = whole
        if len(whole) <= self.inline:
            self.bulk(link, 1501, number, whole)
        else:
            self.reply(link, OK, number, struct.pack("<BIII", 0, len(whole), len(whole), 0))

    def bulk(self, link: Link, code: int, number: int, data: bytes = b"") -> None:
        """A frame of a bulk read, with what a terminal may say in between."""
        noise = self.noise(self, link)
        packet = bytes_of.packet(code, SESSION, number, data)
        if self.udp:
            self.transmit(link, packet)
        else:
            self.put(link, noise + bytes_of.top(packet))

    def chunks(self, link: Link, number: int, data: bytes) -> None:
        """PREPARE_DATA, DATA …, ACK_OK."""
        self.bulk(link, 1500, number, struct.pack("<II", len(data), self.chunk))
        for at in range(0, len(data), self.chunk):
            self.bulk(link, 1501, number, data[at : at + self.chunk])
        self.bulk(link, OK, number)

    def _obey(self, link: Link, packet: bytes) -> None:
        command, _, session, number = struct.unpack_from("<4H", packet)
        data = packet[8:]
        if bytes_of.packet(command, session, number, data) != packet:
            self.complaints.append(f"wrong checksum: {packet.hex()}")
        with self.changed:
            self.seen.append((command, data))
            if command == OK:
                self.acknowledged += 1
                if (session, number, data) != (SESSION, 0, b""):
                    self.complaints.append(f"not an acknowledgement: {packet.hex()}")
            self.changed.notify_all()
        if command in self.answers:
            self.answers[command](self, link, number, data)
        elif command in (1000, 1102):
            link.trusted = self.comm_key is None or (command == 1102 and data == self.comm_key)
            self.reply(link, OK if link.trusted else UNAUTH, number)
        elif not link.trusted:
            self.reply(link, UNAUTH, number)
        elif command != OK:
            self._answer(command, link, number, data)

    def _answer(self, command: int, link: Link, number: int, data: bytes) -> None:
        if command in (1503, 1504, 9, 13):
            self._answer_bulk(command, link, number, data)
        elif command == 11:
            name = data.rstrip(b"\0").decode()
            known = {"~SerialNumber": self.serial, "~DeviceName": "F18", "MAC": "00:17:61:AA:BB:CC"}.get(name)
            self.reply(link, OK if known else ERROR, number, f"{name}={known}".encode() + b"\0" if known else b"")
        elif command in (60, 62, 1001, 1002, 1013, 1502):
            self.reply(link, OK, number)
        elif command in (50, 201, 1100):
            answer = {50: self.counters(self), 201: struct.pack("<I", self.clock), 1100: self.firmware.encode() + b"\0"}
            self.reply(link, OK, number, answer[command])
        elif command in (202, 500):
            value = struct.unpack("<I", data)[0]
            self.clock, link.registered = (value, link.registered) if command == 202 else (self.clock, value)
            self.reply(link, OK, number)
        else:
            self.reply(link, ERROR, number)

    def _answer_bulk(self, command: int, link: Link, number: int, data: bytes) -> None:
        tables = {13: self.log, 9: self.users, 34: self.operations}
        if command in (1503, 1504) and not self.buffered:
            self.reply(link, ERROR, number)
        elif command == 1503:
            self.table(link, number, tables[struct.unpack_from("<h", data, 1)[0]])
        elif command == 1504:
            start, size = struct.unpack("<ii", data)
            self.chunks(link, number, link.buffer[start : start + size])
        else:
            self.chunks(link, number, struct.pack("<I", len(tables[command])) + tables[command])

    # the line

    def _serve_tcp(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._socket.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                thread = threading.Thread(target=self._talk, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, client: socket.socket) -> None:
        link = Link(client.sendall)
        self.links.append(link)
        client.settimeout(0.02)
        buffer = b""
        with client:
            while not self._stopping.is_set():
                try:
                    piece = client.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    break
                if not piece:
                    break
                buffer += piece
                while len(buffer) >= 8 and len(buffer) >= 8 + (size := struct.unpack_from("<I", buffer, 4)[0]):
                    assert buffer[:4] == bytes.fromhex("5050827d")
                    self._obey(link, buffer[8 : 8 + size])
                    buffer = buffer[8 + size :]
                    if self.seen and self.seen[-1][0] == 1001:
                        self.links.remove(link)
                        return
        self.links.remove(link)

    def _serve_udp(self) -> None:
        links: dict[object, Link] = {}
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                datagram, address = self._socket.recvfrom(65536)
                if address not in links:
                    links[address] = Link(lambda data, to=address: self._socket.sendto(data, to))
                    self.links.append(links[address])
                    self.connections += 1
                self._obey(links[address], datagram)


def _pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[at : at + (size or len(stream))] for at in range(0, len(stream), size or len(stream)))
