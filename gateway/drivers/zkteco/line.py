"""A socket whose every wait has a deadline and ends at once when another thread closes it.

Deadlines are values of `time.monotonic()`, seconds. Closing from another thread closes one end of a socket pair whose
other end every wait watches too: shutting the socket down would not free a wait on UDP or on a connection being made.
"""

import contextlib
import select
import socket
import time

_PIECE = 1 << 16
_CLOSED = "the connection was closed from our side"


class Line:
    """One connection to one terminal, TCP or UDP."""

    def __init__(self, *, datagrams: bool) -> None:
        self.datagrams = datagrams
        self._wake, self._alarm = socket.socketpair()
        self._socket: socket.socket | None = None
        self._closed = False

    def connect(self, host: str, port: int, deadline: float) -> None:
        """Reach the terminal. Raises OSError: TimeoutError, ConnectionRefusedError, gaierror, unreachable, …"""
        kind = socket.SOCK_DGRAM if self.datagrams else socket.SOCK_STREAM
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        sock = socket.socket(family, kind, protocol)
        self._socket = sock
        sock.settimeout(0)
        if not self.datagrams:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BlockingIOError):
            sock.connect(address)
        self._wait(select.POLLOUT, deadline)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "connect")

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of it, or raise OSError."""
        left = memoryview(data)
        while left:
            sock = self._wait(select.POLLOUT, deadline)
            with contextlib.suppress(BlockingIOError):
                left = left[sock.send(left) :]

    def receive(self, deadline: float) -> bytes:
        """What has come: bytes of the stream, or one datagram. Raises TimeoutError, and OSError when it is over."""
        while True:
            sock = self._wait(select.POLLIN, deadline)
            try:
                piece = sock.recv(_PIECE + 512)
            except BlockingIOError:
                continue
            if not piece and not self.datagrams:
                raise ConnectionAbortedError(_CLOSED) if self._closed else ConnectionResetError("it hung up")
            return piece

    def close(self, last_word: bytes = b"") -> None:
        """From any thread, any number of times: ends a wait in another thread. The last word is not waited for."""
        self._closed = True
        if self._socket is not None and last_word:
            with contextlib.suppress(OSError):
                self._socket.send(last_word)
        self._alarm.close()
        for sock in (self._socket, self._wake):
            if sock is not None:
                sock.close()

    def _wait(self, event: int, deadline: float) -> socket.socket:
        sock = self._socket
        if self._closed or sock is None:
            raise ConnectionAbortedError(_CLOSED)
        poller = select.poll()
        try:
            poller.register(sock, event)
            poller.register(self._wake, select.POLLIN)
        except ValueError as error:  # closed in the meantime: a file number of -1
            raise ConnectionAbortedError(_CLOSED) from error
        ready = poller.poll(max(0.0, deadline - time.monotonic()) * 1000)
        if self._closed:
            raise ConnectionAbortedError(_CLOSED)
        if not ready:
            raise TimeoutError("no answer in time")
        return sock
