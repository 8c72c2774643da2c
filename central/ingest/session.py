"""The line to the broker: one persistent session, one paho client for each connection of it.

QoS 1, nothing acknowledged by itself: `ack` is called after the COMMIT. A message belongs to the connection that it
came on; once that is over the broker sends it again, under another id, so an old id is never acknowledged.
paho's thread only puts messages into the inbox; everything else is for one thread.
"""

import contextlib
import logging
import random
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from central.config import Broker, Partition
from central.ingest.arrival import Arrival
from central.ingest.client import Client
from central.ingest.inbox import Inbox
from central.listen import url
from contract import messages, topics

logger = logging.getLogger(__name__)

FILTERS = (topics.ALL_LOGS, f"{topics.ROOT}/+/+/status", f"{topics.ROOT}/+/+/health")
CONNECT_S = 5.0
LARGEST_PACKET = 1 << 20
"""Announced to an MQTT 5 broker, in bytes."""
_FAREWELL_S = 2.0


class Session:
    """`tend` is to be called often: it connects, and again when the connection broke."""

    def __init__(self, broker: Broker, partition: Partition, inbox: Inbox) -> None:
        self._broker, self._partition, self._inbox = broker, partition, inbox
        self._client: Client | None = None
        self._was_ready = False
        self._next_try, self._pause = 0.0, broker.backoff_min
        self.connection = 0
        """Number of the present connection, from 1."""
        self.refusal = "not connected yet"
        """Why there is no connection; empty when there is one."""

    @property
    def connected(self) -> bool:
        """Whether we are connected and subscribed."""
        client = self._client
        return client is not None and client.ready.is_set() and not client.ended.is_set()

    def tend(self) -> bool:
        """Connect if there is no connection and it is time. Whether one became ready just now."""
        client = self._client
        if client is not None and client.ended.is_set():
            self._lost(client.last_word or "it closed the connection")
        elif client is None and time.monotonic() >= self._next_try:
            self._open()
        ready = self.connected and not self._was_ready
        if ready:
            self._was_ready, self._pause, self.refusal = True, self._broker.backoff_min, ""
            logger.info("broker %s: connected", self._broker.address)
        return ready

    def ack(self, batch: Iterable[Arrival]) -> None:
        """Acknowledge, in the order of arrival; what came on an earlier connection is left out."""
        client = self._client
        if client is not None:
            client.ack_all(each.mid for each in batch if each.connection == self.connection and each.mid)

    def publish(self, topic: str, payload: bytes) -> None:
        """Retained, QoS 1; while there is no connection it is dropped. From any thread."""
        client = self._client
        if client is not None and self.connected:
            client.publish(topic, payload, qos=1, retain=True)

    def renew(self, why: str) -> None:
        """Give the connection up and make another."""
        if self._client is not None:
            self._lost(why)

    def close(self, goodbye: bytes) -> None:
        """Say so and go; the session stays with the broker, which keeps what comes meanwhile."""
        client = self._client
        if client is not None:
            if self.connected:
                with contextlib.suppress(RuntimeError, ValueError):  # the line may break at this moment
                    client.publish(topics.CENTRAL_STATUS, goodbye, qos=1, retain=True).wait_for_publish(_FAREWELL_S)
            client.disconnect()
            client.ended.wait(_FAREWELL_S)
        self._drop()

    def _open(self) -> None:
        self.connection += 1
        self._inbox.forget()
        client = self._new_client()
        try:
            self._log_in(client)
            client.connect(self._broker.address.host, self._broker.address.port, **self._connect_options())
        except (OSError, ValueError) as error:  # ValueError: what cannot be a host, a file, a password
            self._lost(_why_not(error))
            return
        client.loop_start()
        self._client = client

    def _new_client(self) -> Client:
        five = self._broker.protocol == "5"
        name = self._broker.client_id
        if self._partition.of > 1:
            name += f"-{self._partition.number}-of-{self._partition.of}"
        client = Client(
            CallbackAPIVersion.VERSION2,
            name,
            clean_session=None if five else False,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_S
        client.will_set(topics.CENTRAL_STATUS, messages.CENTRAL_WILL, qos=1, retain=True)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message, client.on_disconnect = self._receiver(self.connection), self._on_disconnect
        client.on_socket_open = _no_delay
        return client

    def _log_in(self, client: Client) -> None:
        broker = self._broker
        if broker.address.tls:
            client.tls_set_context(url.tls_context(broker.ca, broker.cert, broker.key))
        if broker.username is not None:
            client.username_pw_set(
                broker.username, url.password(broker.password_file) if broker.password_file else None
            )

    def _connect_options(self) -> dict[str, Any]:
        if self._broker.protocol != "5":
            return {"keepalive": self._broker.keepalive}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._broker.session_days * 86400
        properties.MaximumPacketSize = LARGEST_PACKET
        return {"keepalive": self._broker.keepalive, "clean_start": False, "properties": properties}

    def _lost(self, why: str) -> None:
        why = f"broker {self._broker.address}: {why}"
        logger.log(logging.DEBUG if why == self.refusal else logging.WARNING, "%s; trying again", why)
        self.refusal = why
        self._drop()
        # Decorrelated, so that the clients of a broker that restarts do not come back all at once.
        self._next_try = time.monotonic() + self._pause
        self._pause = min(self._broker.backoff_max, random.uniform(self._broker.backoff_min, self._pause * 3))  # noqa: S311

    def _drop(self) -> None:
        client, self._client, self._was_ready = self._client, None, False
        if client is None:
            return
        sock = client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):  # the other end may be faster
                # The plain shutdown: the TLS one would pull the session from under paho's thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # type: ignore[arg-type]
        client.loop_stop()

    # Called by paho's thread

    def _receiver(self, connection: int) -> Any:
        def receive(_client: object, _data: object, message: paho.MQTTMessage) -> None:
            try:
                topic = message.topic
            except UnicodeDecodeError:
                topic = message._topic.decode(errors="replace")
            payload = bytes(message.payload)
            self._inbox.put(Arrival(topic, payload, message.retain, message.mid if message.qos else 0, connection))

        return receive

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _more: Properties | None
    ) -> None:
        client.answered = True  # type: ignore[attr-defined]
        if reason.is_failure:
            client.last_word = f"it refused us ({str(reason).lower()})"  # type: ignore[attr-defined]
            client.disconnect()
            return
        client.subscribe([(each, 1) for each in FILTERS])

    def _on_subscribe(
        self, client: paho.Client, _data: object, _mid: int, reasons: Sequence[ReasonCode], _more: Properties | None
    ) -> None:
        refused = [name for name, reason in zip(FILTERS, reasons, strict=False) if reason.is_failure]
        if refused:
            client.last_word = f"it does not let us read {', '.join(refused)}: give the centre that right"  # type: ignore[attr-defined]
            client.disconnect()
            return
        client.ready.set()  # type: ignore[attr-defined]
        self._inbox.wake()

    def _on_disconnect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if reason.is_failure and not client.last_word:  # type: ignore[attr-defined]
            client.last_word = _broke(reason) if client.answered else _before_answer(self._broker)  # type: ignore[attr-defined]
        self._inbox.wake()


def _broke(reason: ReasonCode) -> str:
    name = str(reason).lower()  # paho's word for whatever it cannot tell is "unspecified error"
    return "the connection broke" if name.startswith("unspecified") else f"the connection broke ({name})"


def _before_answer(broker: Broker) -> str:
    if broker.address.tls and broker.cert is None:
        return "it hung up before it let us in: does it ask for a certificate (broker.cert, broker.key)?"
    if broker.address.tls:
        return f"it hung up before it let us in: does it trust the certificate in {broker.cert}?"
    return "it hung up before it let us in: does it want mqtts:// in broker.url, or another broker.protocol?"


def _why_not(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not one we trust ({error.verify_message}): check broker.ca and the host's name"
    if isinstance(error, socket.gaierror):
        return "no such host: check broker.url"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: does the broker run there, on this port?"
    if isinstance(error, url.AddressError):
        return str(error).replace("--", "broker.")
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _no_delay(_client: Any, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
