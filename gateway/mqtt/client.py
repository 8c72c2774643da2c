"""paho's client with what it lacks: why a connection ended, and no end in silence."""

import ssl
from collections.abc import Callable

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

from gateway.mqtt import reasons

LARGEST_READ = 1048576
"""A packet above this ends the connection: it would only fill the memory."""


class Client(paho.Client):
    """paho, remembering the exception that ended the connection, and refusing packets that would fill the memory.

    `_sock_recv` and `_sock_send` are paho's own, for which it has no public way; the tests of TLS refusals and of
    oversized packets notice a change.
    """

    fault: OSError | None = None
    on_crash: Callable[[Exception], None] | None = None

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:  # noqa: FBT001, FBT002
        """What paho's thread runs: it must not end in silence over bytes that paho cannot read."""
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except Exception as error:  # noqa: BLE001 - struct.error, IndexError, UnicodeDecodeError, ...
            if self.on_crash is not None:
                self.on_crash(ValueError(f"what it sent cannot be taken ({type(error).__name__}: {error})"))
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _sock_recv(self, bufsize: int) -> bytes:
        try:
            if bufsize > LARGEST_READ:
                raise reasons.OversizedPacket(
                    f"sends a packet of {bufsize} bytes: remove that (retained) message there"
                )
            return super()._sock_recv(bufsize)
        except BlockingIOError:
            raise
        except OSError as error:
            self.fault = error
            raise

    def _sock_send(self, buf: bytes | bytearray) -> int:
        try:
            return super()._sock_send(buf)
        except BlockingIOError:
            raise
        except OSError as error:
            self.fault = self._alert() or error
            raise

    def _alert(self) -> OSError | None:
        """With TLS 1.3 the broker looks at our certificate after the handshake is over for us: its reason to hang up
        can still be read when writing already fails."""
        try:
            super()._sock_recv(1)
        except ssl.SSLEOFError:
            return None
        except ssl.SSLError as error:
            return error
        except OSError:
            return None
        return None
