"""One MQTT client and the thread that owns it: connects again by itself, can be broken off, says goodbye.

Everything that touches paho happens in that thread, and so do the callbacks; the public methods may be called from
any thread. What is published while there is no connection waits, at most 1,000 messages, the oldest going first.
"""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

SESSION_EXPIRY = 7 * 24 * 3600
"""Seconds that an MQTT 5 broker keeps a session while its client is away."""
_PATIENCE = 10.0
_TICK = 0.02
_RETRY = 0.2

Protocol = Literal["3.1.1", "5"]
Prepare = Callable[[mqtt.Client], None]


class Message(NamedTuple):
    """What is published, always with QoS 1."""

    topic: str
    payload: bytes
    retain: bool = True


class Session:
    """A persistent session: same client id, `filters` subscribed with QoS 1 at each connecting."""

    def __init__(
        self,
        address: tuple[str, int],
        client_id: str,
        filters: Sequence[str],
        *,
        protocol: Protocol = "3.1.1",
        will: Message | None = None,
        prepare: Prepare | None = None,
    ) -> None:
        """`prepare` gets each new paho client before it connects, e.g. to set TLS or a password."""
        self.connected = False
        """Whether the filters are subscribed now."""
        self.refusal = ""
        """Why the last attempt failed; empty once it succeeded."""
        self.on_ready: Callable[[], None] = _nothing
        """Called after each subscribing."""
        self.on_message: Callable[[str, bytes], None] = _ignore
        self.on_tick: Callable[[], None] = _nothing
        """Called some fifty times a second while connected."""
        self._address, self._client_id, self._filters = address, client_id, filters
        self._five, self._will, self._prepare = protocol == "5", will, prepare
        self._goodbye: Message | None = None
        self._outgoing: deque[Message] = deque(maxlen=1000)
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=client_id, daemon=True)

    def connect(self) -> None:
        """Connect, and again whenever the connection breaks. Returns at once."""
        self._wanted.set()
        if not self._thread.is_alive() and not self._stopping.is_set():
            self._thread.start()

    def break_off(self) -> None:
        """End the connection without a DISCONNECT, so that the broker publishes the will. Returns at once."""
        self._wanted.clear()

    def publish(self, message: Message) -> None:
        """Send it now, or once connected."""
        self._outgoing.append(message)

    def stop(self, goodbye: Message | None = None) -> None:
        """Send `goodbye` if connected, disconnect, and end. May be called twice."""
        self._goodbye = goodbye
        self._stopping.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wanted.wait()
            client = self._client()
            try:
                self._open(client)
                self._serve(client)
            except OSError as error:
                self.refusal = str(error)
            finally:
                _break_off(client)
                self.connected = False
            if self._wanted.is_set():
                self._stopping.wait(_RETRY)

    def _client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=None if self._five else False,
            protocol=mqtt.MQTTv5 if self._five else mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=self._will.retain)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        if self._prepare is not None:
            self._prepare(client)
        return client

    def _open(self, client: mqtt.Client) -> None:
        if not self._five:
            client.connect(*self._address, keepalive=10)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY
        client.connect(*self._address, keepalive=10, clean_start=False, properties=properties)

    def _serve(self, client: mqtt.Client) -> None:
        while self._wanted.is_set() and client.loop(_TICK) == mqtt.MQTT_ERR_SUCCESS:
            if self._stopping.is_set():
                if self._goodbye is not None:
                    _publish(client, self._goodbye)
                client.disconnect()
                return
            if self.connected:
                self.on_tick()
                for _ in range(len(self._outgoing)):
                    _publish(client, self._outgoing.popleft())

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
            return
        client.subscribe([(each, 1) for each in self._filters])

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: Properties | None
    ) -> None:
        refused = [name for name, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            self.refusal = f"may not subscribe to {', '.join(refused)}"
            return
        self.refusal = ""
        self.connected = True
        self.on_ready()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.on_message(message.topic, bytes(message.payload))


def _publish(client: mqtt.Client, message: Message) -> None:
    client.publish(message.topic, message.payload, qos=1, retain=message.retain)


def _break_off(client: mqtt.Client) -> None:
    sock = cast("socket.socket | None", client.socket())
    if sock is None:
        return
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    while client.loop(0) == mqtt.MQTT_ERR_SUCCESS:
        pass


def _nothing() -> None:
    """Nobody asked."""


def _ignore(_topic: str, _payload: bytes) -> None:
    """Nobody asked."""
