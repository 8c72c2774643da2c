"""paho with what the ingester lacks: word of its thread's end, reading ahead, and one write for the acknowledgements of
a batch.

By itself paho waits in select(2) and asks the kernel three times for each message, and wakes its thread for each
acknowledgement: that took a quarter of the ingester's processor time. `_sock_recv` and `_packet_queue` are paho's own,
for which it has no public way; nothing arrives, or is ever acknowledged, in any test when they change.
"""

import struct
import threading
from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

_READ = 16384
"""Bytes read at once."""


class Client(paho.Client):
    """For one connection, with paho's thread."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.ended = threading.Event()
        """paho's thread is over, for whatever reason."""
        self.ready = threading.Event()
        """We are connected and subscribed."""
        self.answered = False
        """The broker sent a CONNACK."""
        self.last_word = ""
        """Why the connection is over, where somebody knows."""
        self._ahead, self._at = b"", 0
        """What was read and not yet asked for, from `_at` on."""

    def ack_all(self, mids: Iterable[int]) -> None:
        """PUBACKs (MQTT 3.1.1, 3.4; in MQTT 5 without a reason code, which means success), in this order."""
        packets = b"".join(struct.pack("!BBH", paho.PUBACK, 2, mid) for mid in mids)
        if packets:
            self._packet_queue(paho.PUBACK, packets, 0, 1)

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:  # noqa: FBT001, FBT002
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except Exception as error:  # noqa: BLE001 - bytes that paho cannot read raise whatever they like
            self.last_word = f"it sent what is not MQTT ({type(error).__name__}: {error})"
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self.ended.set()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        # select(2) knows nothing of what was read ahead, so nothing of it may be left.
        result = super().loop_read(max_packets)
        while self._at < len(self._ahead) and result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            result = super().loop_read(max_packets)
        return result

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._ahead):
            self._ahead, self._at = super()._sock_recv(max(bufsize, _READ)), 0
        start = self._at
        self._at = min(start + bufsize, len(self._ahead))
        return self._ahead[start : self._at]
