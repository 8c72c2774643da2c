"""One connection to the broker: a paho client made for it and thrown away with it.

paho's own reconnecting is off on purpose. Its queue is in memory only, it sends all of it at once after a reconnect
whatever the window, and it has no jitter; the log is the queue here, and the forwarder decides when to come back. So
the session is clean, too: what the broker might remember of us, the log knows better.

paho's thread is off as well: `events` lets the network work, in the thread that publishes. An entry then takes one
change of threads from the device to the socket, where there were three, and nothing outlives `close`.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract import messages, topics
from gateway.errors import LinkError
from gateway.mqtt import reasons, tls
from gateway.mqtt.client import Client
from gateway.mqtt.inbox import Acknowledged, Arrived, Closed, Event, Inbox, Subscribed
from gateway.mqtt.settings import BrokerSettings

LARGEST_PACKET = 131072
"""Announced to an MQTT 5 broker, in bytes: it keeps larger ones to itself."""
_FAREWELL = 1.0
_UNEXPLAINED = (
    "closed the connection and gave no reason. Again and again? Then a second gateway may be set up with the same site "
    "and gateway id; the broker's log may tell"
)
ENTRY = "application/cloudevents+json"


class Limits(NamedTuple):
    """What the broker allows, from its CONNACK."""

    receive_maximum: int
    packet: int
    """Largest packet it takes, bytes."""


class Session:
    """What happens goes to `inbox`. All methods are for one thread."""

    def __init__(self, settings: BrokerSettings, site: str, gateway: str, inbox: Inbox) -> None:
        self._settings, self._inbox = settings, inbox
        self._answer: tuple[ReasonCode, Properties | None] | Closed | None = None
        """What came of connecting."""
        self._ended = False
        self._entry_properties: Properties | None = None
        self._connected = False
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"ketuk-{site}-{gateway}",
            protocol=paho.MQTTv5 if settings.protocol == "5" else paho.MQTTv311,
            clean_session=None if settings.protocol == "5" else True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = settings.connect_timeout
        client.max_inflight_messages_set(0)  # the window is ours, and paho's own would be a second queue
        client.will_set(topics.status(site, gateway), messages.WILL, qos=1, retain=True)
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_crash = self._broken
        self._client: Client = client

    @property
    def oversized(self) -> bool:
        """Whether the connection ended over a packet that was too large to take."""
        return isinstance(self._client.fault, reasons.OversizedPacket)

    def open(self, stopping: Callable[[], bool] = lambda: False) -> Limits:
        """Connect, and wait for the broker's word, unless it is time to stop (and the bell rings). Raises LinkError
        with what to do about it."""
        settings, client = self._settings, self._client
        if settings.tls:
            client.tls_set_context(tls.context(settings))
        if settings.username is not None:
            client.username_pw_set(settings.username, _password(settings))
        try:
            client.connect(settings.host, settings.port, settings.keepalive, properties=self._connect_properties())
        except (OSError, ValueError) as error:
            raise LinkError(reasons.of_exception(error, settings, answered=False)) from error
        deadline = time.monotonic() + settings.connect_timeout
        while self._answer is None and (left := deadline - time.monotonic()) > 0:
            self._client.wait(left, self._inbox.bell)
            if stopping() and self._answer is None:
                raise LinkError(f"broker {settings.host}:{settings.port}: had not answered when it was time to stop")
        if self._answer is None:
            raise LinkError(
                f"broker {settings.host}:{settings.port}: takes the connection but does not speak MQTT within "
                f"{settings.connect_timeout:g} s: is it the right port? mqtts:// or mqtt://?"
            )
        if isinstance(self._answer, Closed):
            raise LinkError(self._answer.line)
        return self._limits(*self._answer)

    def events(self, timeout: float) -> list[Event]:
        """What happened, in order; waits at most `timeout` seconds for it. Empty when somebody rang, too."""
        self._client.wait(0 if self._inbox.waiting else timeout, self._inbox.bell)
        return self._inbox.drain()

    def subscribe(self, filters: list[str]) -> None:
        """Ask for these topics, QoS 1; the answer comes to the inbox."""
        self._client.subscribe([(topic, 1) for topic in filters])

    def publish(self, topic: str, payload: bytes, *, retain: bool, entry: bool) -> int:
        """Send with QoS 1; the message id that the PUBACK will name. Raises LinkError when no id is free."""
        info = self._client.publish(topic, payload, 1, retain, self._entry_properties if entry else None)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise LinkError(f"the broker never acknowledged message {info.mid}: connecting anew")
        # Any other failure means that the connection is gone, and that comes to the inbox.
        return info.mid

    def close(self, *, clean: bool = False) -> None:
        """Let go, at once; `clean` says goodbye first, so that the broker does not send our will."""
        client = self._client
        if clean:
            client.disconnect()
            deadline = time.monotonic() + _FAREWELL
            # It may not even take a DISCONNECT: then the will speaks for us.
            while not self._ended and (left := deadline - time.monotonic()) > 0:
                self.events(left)
        sock = client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):  # the other end may be faster
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # type: ignore[arg-type]
            sock.close()
        client.on_connect = client.on_subscribe = client.on_publish = None
        client.on_message = client.on_disconnect = client.on_socket_open = client.on_crash = None
        if client.fault is not None:
            client.fault.__traceback__ = None  # it leads back to the client, whose files would wait for the collector

    def _connect_properties(self) -> Properties | None:
        if self._settings.protocol != "5":
            return None
        self._entry_properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        self._entry_properties.ContentType = ENTRY
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = LARGEST_PACKET
        return properties

    def _limits(self, reason: ReasonCode, properties: Properties | None) -> Limits:
        if reason.value >= reasons.FAILURE:
            settings = self._settings
            why = reasons.of_code(reason.value, settings)
            raise LinkError(f"broker {settings.host}:{settings.port}: refused the connection: {why}")
        if getattr(properties, "MaximumQoS", 1) < 1:
            raise LinkError(f"broker {self._settings.host}: {reasons.of_code(0x9B, self._settings)}")
        return Limits(getattr(properties, "ReceiveMaximum", 65535), getattr(properties, "MaximumPacketSize", 268435455))

    # Called by paho, in `events` and `publish`

    def _on_connect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._connected = reason.value < reasons.FAILURE
        self._answer = (reason, properties)

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Any) -> None:
        self._inbox.put(Subscribed(tuple(code.value for code in codes)))

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._inbox.put(Acknowledged(mid, reason.value))

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # not one that we asked for
        self._inbox.arrive(Arrived(topic, bytes(message.payload), message.retain))

    def _on_disconnect(
        self, _client: Any, _data: Any, flags: paho.DisconnectFlags, reason: ReasonCode, _p: Any
    ) -> None:
        code = reason.value if flags.is_disconnect_packet_from_server else None
        if code is None and reason.getName() == "Keep alive timeout":
            self._over("nothing heard for so long that the line must be dead", by_peer=False)
        elif code is not None:
            self._over(f"closed the connection: {reasons.of_code(code, self._settings)}", by_peer=True)
        elif self._client.fault is not None:
            self._broken(self._client.fault)
        elif self._connected and reason.getName() == "Protocol error":
            self._over(f"sent what is not MQTT {self._settings.protocol}", by_peer=True)
        elif not self._connected:
            self._over(reasons.before_answer(self._settings), by_peer=True)
        else:
            self._over(_UNEXPLAINED, by_peer=True)

    def _broken(self, error: Exception) -> None:
        self._end(Closed(reasons.of_exception(error, self._settings, answered=self._connected), by_peer=True))

    def _over(self, why: str, *, by_peer: bool) -> None:
        self._end(Closed(f"broker {self._settings.host}:{self._settings.port}: {why}", by_peer))

    def _end(self, closed: Closed) -> None:
        self._answer, self._ended = self._answer or closed, True
        self._inbox.put(closed)


def _no_delay(_client: Any, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _password(settings: BrokerSettings) -> str | None:
    if settings.password_file is None:
        return None
    try:
        lines = Path(settings.password_file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LinkError(f"broker.password_file: {settings.password_file}: cannot be read: {error}") from error
    if not lines or not lines[0]:
        raise LinkError(f"broker.password_file: {settings.password_file}: its first line is empty")
    return lines[0]
