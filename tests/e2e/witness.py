"""A third party at the broker: plain paho, no acks, every message of the gateway held against the contract."""

import json
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from tests.brokers import HOST
from tests.e2e.office import GATEWAY, SITE, until
from tests.schemas import check_message

_COMMANDS = topics.command(SITE, GATEWAY, "")


class Witness:
    """Listens from the moment it is made. `prepare` gets the paho client, e.g. to set TLS or a password."""

    def __init__(self, port: int, prepare: Any = None) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.wrong: list[str] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="witness")
        if prepare is not None:
            prepare(self.client)
        self.client.on_connect = self._connected
        self.client.on_message = self._take
        self.client.connect(HOST, port)
        self.client.loop_start()

    def _connected(self, *_: object) -> None:
        self.client.subscribe(f"{topics.ROOT}/#", qos=1)

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        payload = bytes(message.payload)
        self.messages.append((message.topic, payload))
        if message.topic.startswith(_COMMANDS):
            return  # what a test says itself
        try:
            check_message(message.topic, payload)
        except Exception as error:  # noqa: BLE001 - told by the test, not by paho's thread
            self.wrong.append(f"{message.topic}: {error}")

    def entries(self) -> list[bytes]:
        return [payload for topic, payload in self.messages if "/log/" in topic]

    def on(self, topic: str) -> list[dict[str, Any]]:
        """The messages of a topic, parsed."""
        return [json.loads(payload) for found, payload in list(self.messages) if found == topic]

    def say(self, verb: str, payload: bytes) -> None:
        """A command to the gateway."""
        self.client.publish(topics.command(SITE, GATEWAY, verb), payload, 1).wait_for_publish(10)

    def reply(self, verb: str, request: str) -> dict[str, Any]:
        """Wait for the reply to a request."""

        def found() -> list[dict[str, Any]]:
            return [one for one in self.on(topics.reply(SITE, GATEWAY, verb)) if one["request"] == request]

        until(lambda: bool(found()))
        (reply,) = found()
        return reply

    def ask(self, verb: str, request: str, **members: Any) -> dict[str, Any]:
        """A command and its reply."""
        self.say(verb, json.dumps({"request": request, **members}).encode())
        return self.reply(verb, request)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
