"""paho's client with what it lacks: one wait for the network and for other threads, why a connection ended, and no end
in silence."""

import select
import ssl
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho

from gateway.mqtt import reasons
from gateway.mqtt.inbox import Bell

LARGEST_READ = 1048576
"""A packet above this ends the connection: it would only fill the memory."""
_READ = 4096
"""Bytes read at once; paho by itself asks the kernel three times a packet."""
_LOOK_S = 0.5
"""Between two looks at the keep-alive."""


class Client(paho.Client):
    """paho without its thread, remembering the exception that ended the connection, and refusing packets that would
    fill the memory.

    `_sock_recv` and `_sock_send` are paho's own, for which it has no public way; the tests of TLS refusals and of
    oversized packets notice a change.
    """

    fault: OSError | None = None
    on_crash: Callable[[Exception], None] | None = None
    _ahead, _at = b"", 0
    """What was read from the socket and not yet asked for, from `_at` on."""
    _next_look = 0.0

    def wait(self, timeout: float, bell: Bell) -> None:
        """Let the network work once: wait for it, for the bell or for `timeout` seconds, then read and write what can
        be read and written at once, and look after the keep-alive. What happens is told by the callbacks."""
        sock = self.socket()
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        here = sock is not None and (self._unread or _undelivered(sock))
        if sock is not None:
            poll.register(sock, select.POLLIN | (select.POLLOUT if self.want_write() else 0))
        ready = dict(poll.poll(0 if here else max(timeout, 0) * 1000))
        if bell.fileno() in ready:
            bell.silence()
        if sock is not None:
            self._work(ready.get(sock.fileno(), 0) | (select.POLLIN if here else 0))

    def _work(self, ready: int) -> None:
        try:
            if ready & ~select.POLLOUT:  # POLLERR and POLLHUP are told by reading, too
                self.loop_read()
            if ready & select.POLLOUT:
                self.loop_write()
            if time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + _LOOK_S
                self.loop_misc()
        except Exception as error:  # noqa: BLE001 - struct.error, IndexError, UnicodeDecodeError, ...
            if self.on_crash is not None:
                self.on_crash(ValueError(f"what it sent cannot be taken ({type(error).__name__}: {error})"))

    @property
    def _unread(self) -> bool:
        return self._at < len(self._ahead)

    def _sock_recv(self, bufsize: int) -> bytes:
        try:
            if bufsize > LARGEST_READ:
                raise reasons.OversizedPacket(
                    f"sends a packet of {bufsize} bytes: remove that (retained) message there"
                )
            if not self._unread:
                self._ahead, self._at = super()._sock_recv(max(bufsize, _READ)), 0
        except BlockingIOError:
            raise
        except OSError as error:
            self.fault = error
            raise
        start = self._at
        self._at = min(start + bufsize, len(self._ahead))
        return self._ahead[start : self._at]

    def _sock_send(self, buf: bytes | bytearray) -> int:
        try:
            return super()._sock_send(buf)
        except BlockingIOError:
            raise
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            # What came before the end can still be read: PUBACKs, and over TLS 1.3, where the handshake is over for us
            # before the broker looks at our certificate, its reason to hang up. Reading comes to the end by itself.
            self.fault = error
            raise BlockingIOError from error
        except OSError as error:
            self.fault = error
            raise


def _undelivered(sock: Any) -> bool:
    """Whether TLS holds decrypted bytes, of which poll(2) knows nothing."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
