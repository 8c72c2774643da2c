"""One subscriber that outlives its connections: `poll` gives what arrived and how the connection stands.

It owns no thread: everything, connecting included, happens in `poll`, so Ctrl-C finds it at any time.
"""

import random
import socket
import ssl
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from central.listen.arrival import Arrival, read
from central.listen.url import Address

CONNECT_TIMEOUT = 5.0
BACKOFF = (0.5, 15.0)
"""Seconds before the second attempt to connect, and at most."""


@dataclass(frozen=True, slots=True)
class Login:
    """With what we show who we are."""

    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How the connection stands, one line."""

    text: str
    connected: bool


class Listener:
    """A subscriber with a session of its own that ends with the connection: it sees what is published meanwhile."""

    def __init__(
        self,
        address: Address,
        filters: Sequence[str],
        login: Login = Login(),
        protocol: Literal["3.1.1", "5"] = "3.1.1",
    ) -> None:
        self._address, self._filters, self._login = address, filters, login
        self._protocol = mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311
        self._client: mqtt.Client | None = None
        self._accepted = False
        self._next_try = 0.0
        self._pause = BACKOFF[0]
        self._arrived: deque[Arrival | State] = deque()

    def poll(self, timeout: float) -> list[Arrival | State]:
        """What is new, waiting at most about `timeout` seconds (an attempt to connect may take 5). Never raises."""
        client = self._client
        if client is None:
            self._connect(timeout)
        elif client.loop(timeout) != mqtt.MQTT_ERR_SUCCESS and client is self._client:
            self._lost(self._why_lost())
        found = list(self._arrived)
        self._arrived.clear()
        return found

    def close(self) -> None:
        """Disconnect, if connected. May be called twice."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    def _connect(self, timeout: float) -> None:
        wait = self._next_try - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, timeout))
        if wait > timeout:
            return
        client = self._new_client()
        self._accepted = False
        try:
            client.connect(self._address.host, self._address.port, keepalive=30)
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            self._lost(_why_not(error))
        else:
            self._client = client

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            f"ketuk-listen-{uuid.uuid4().hex[:8]}",
            protocol=self._protocol,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT
        client.on_connect, client.on_subscribe, client.on_message = (
            self._on_connect,
            self._on_subscribe,
            self._on_message,
        )
        if self._login.tls is not None:
            client.tls_set_context(self._login.tls)
        if self._login.username is not None:
            client.username_pw_set(self._login.username, self._login.password)
        return client

    def _lost(self, why: str) -> None:
        self._client = None
        # Decorrelated, so that the listeners of a broker that restarts do not come back all at once.
        self._next_try = time.monotonic() + self._pause
        self._pause = min(BACKOFF[1], random.uniform(BACKOFF[0], self._pause * 3))  # noqa: S311
        self._arrived.append(State(f"no connection to {self._address}: {why}; trying again", connected=False))

    def _why_lost(self) -> str:
        if self._accepted:
            return "it was lost"
        hint = "does it ask for a client certificate (--cert, --key)" if self._address.tls else "does it want mqtts://"
        return f"it closed the connection at once: {hint}, or another --protocol?"

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if reason.is_failure:
            client.disconnect()
            self._lost(f"it refused us ({str(reason).lower()}): check --username, --password-file and --cert")
            return
        self._accepted = True
        client.subscribe([(each, 1) for each in self._filters])

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: Properties | None
    ) -> None:
        refused = [name for name, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            text = f"connected to {self._address}, which does not let us read {', '.join(refused)}"
            self._arrived.append(State(text, connected=False))
            return
        self._pause = BACKOFF[0]
        self._arrived.append(State(f"connected to {self._address}", connected=True))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._arrived.append(read(message.topic, bytes(message.payload)))


def _why_not(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not one we trust ({error.verify_message}): check --ca and the host's name"
    if isinstance(error, ssl.SSLError):
        return f"no TLS with it ({error.reason or error}): does it speak TLS on this port?"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
