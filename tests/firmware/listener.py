"""What a reader says, heard from outside: at the broker, and in what the centre holds."""

import json
from typing import Any

import paho.mqtt.client as paho

from contract import topics
from contract.entry import parse
from simulators.standin import StandIn
from tests.firmware.program import NAME, SITE
from tests.schemas import check_message


def entries(centre: StandIn) -> list[dict[str, Any]]:
    return [parse(raw) for logid in centre.report()["logs"] for raw in centre.entries(logid)]  # type: ignore[misc]


def subjects(centre: StandIn) -> list[str]:
    return [event["subject"] for event in entries(centre) if event["type"] == "ketuk.punch.v1"]


class Listener:
    """Everything that is published, held against the contract as it comes."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, dict[str, object]]] = []
        self.wrong: list[str] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "listener")
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("ketuk/#", 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _take(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        try:
            self.messages.append((message.topic, check_message(message.topic, message.payload)))
        except (AssertionError, ValueError) as error:
            if message.topic.endswith("/update"):  # not in the contract's list of verbs yet: it has no schema
                return
            self.wrong.append(f"{message.topic} {message.payload!r}: {error}")

    def of(self, rest: str) -> list[dict[str, Any]]:
        return [message for topic, message in self.messages if topic.endswith("/" + rest)]

    def ask(self, verb: str, **arguments: object) -> None:
        body = json.dumps({"request": "r1", **arguments}).encode()
        self._client.publish(topics.command(SITE, NAME, verb), body, 1)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
