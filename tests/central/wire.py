"""The broker seen by a gateway of a test: publishes what a chain says, hears watermarks and the centre's status."""

import json
import ssl
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho

from central.ingest.arrival import Arrival
from contract import topics
from contract.watermark import parse_ack
from tests.brokers import HOST
from tests.central.chain import Chain
from tests.schemas import check_message

PATIENCE = 20.0
_PROTOCOLS = {"3.1.1": paho.MQTTv311, "5": paho.MQTTv5}


class Wire:
    """One plain paho client; every message of the centre is held against its schema."""

    def __init__(
        self, port: int, name: str = "gateways", *, protocol: str = "3.1.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.acks: dict[str, tuple[int, str, list[tuple[int, int]]]] = {}
        """The newest watermark of each log."""
        self.history: list[tuple[str, Any]] = []
        """Everything that the centre said, in order."""
        self.wrong: list[str] = []
        self._changed = threading.Condition()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=_PROTOCOLS[protocol])
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.on_message = self._heard
        self._client.on_connect = lambda *_: self._client.subscribe(
            [(f"{topics.ROOT}/+/+/ack", 1), (topics.CENTRAL_STATUS, 1)]
        )
        self._client.connect(HOST, port)
        self._client.loop_start()

    def send(self, *batches: Iterable[Arrival]) -> None:
        """Publish, and wait for every PUBACK."""
        waiting = []
        for some in batches:
            for arrival in some:
                retain = arrival.topic.endswith("/status")
                waiting.append(self._client.publish(arrival.topic, arrival.payload, qos=1, retain=retain))
        for message in waiting:
            message.wait_for_publish(PATIENCE)
            assert message.is_published()

    def wait_for(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Until it is true; fails when it does not become so."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"not in {seconds} s; heard {self.history[-5:]}"

    def confirmed(self, chain: Chain, through: int | None = None, seconds: float = PATIENCE) -> None:
        """Until the watermark says that everything is held, with the right hash."""
        last = through or len(chain.raws)
        self.wait_for(lambda: self.acks.get(chain.logid) == (last, chain.hash(last), []), seconds)

    def writable(self, value: bool, seconds: float = PATIENCE) -> None:
        """Until the centre says that it can, or cannot, write."""
        self.wait_for(lambda: self.says_writable() is value, seconds)

    def says_writable(self) -> bool | None:
        """As it said last; None before it said anything."""
        said = [payload["writable"] for topic, payload in self.history if topic == topics.CENTRAL_STATUS]
        return said[-1] if said else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        assert self.wrong == []

    def _heard(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        try:
            check_message(message.topic, message.payload)
        except Exception as error:  # noqa: BLE001 - told by the test, not by paho's thread
            self.wrong.append(f"{message.topic}: {error}")
        with self._changed:
            self.history.append((message.topic, json.loads(message.payload)))
            if message.topic.endswith("/ack"):
                logid, *mark = parse_ack(message.payload)
                self.acks[logid] = (mark[0], mark[1], mark[2])
            self._changed.notify_all()
