"""The stand-in centre at real brokers: watermarks, status, and each way in which it misbehaves on command."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.chain import GENESIS, entry_hash
from contract.watermark import parse_ack
from simulators.session import Protocol
from simulators.standin import StandIn
from tests.brokers import Broker, IotCore, Mosquitto
from tests.listen.chain import Chain
from tests.schemas import check_message

DEADLINE = 15.0
ACK = topics.ack("kec-pampangan", "gw1")


class Gateway:
    """A bare client that publishes entries and keeps what the centre says."""

    def __init__(self, broker: Broker, protocol: Protocol = "3.1.1") -> None:
        self.seen: list[tuple[str, bytes]] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311
        )
        self._client.on_message = self._keep
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._client.subscribe([(ACK, 1), (topics.CENTRAL_STATUS, 1)])
        assert self._subscribed.wait(DEADLINE)

    def publish(self, topic: str, raw: bytes) -> None:
        self._client.publish(topic, raw, qos=1).wait_for_publish(DEADLINE)

    def send(self, chain: Chain, *sequences: int) -> None:
        for sequence in sequences:
            self.publish(chain.topic(), chain.raws[sequence - 1])

    def last(self, topic: str) -> bytes | None:
        return next((payload for where, payload in reversed(self.seen) if where == topic), None)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE
        with self._changed:
            while not condition():
                assert self._changed.wait(end - time.monotonic()), f"it did not come: {self.seen}"

    def wait_for_ack(
        self, through: int, hash: str, missing: list[tuple[int, int]], logid: str = "gw1.7f3a9c2e"
    ) -> None:
        def arrived() -> bool:
            payload = self.last(ACK)
            return payload is not None and parse_ack(payload) == (logid, through, hash, missing)

        self.wait_for(arrived)

    def wait_for_state(self, state: str) -> None:
        def arrived() -> bool:
            payload = self.last(topics.CENTRAL_STATUS)
            return payload is not None and json.loads(payload)["state"] == state

        self.wait_for(arrived)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        for topic, payload in self.seen:
            check_message(topic, payload)

    def _keep(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self.seen.append((message.topic, bytes(message.payload)))
            self._changed.notify_all()


def centre_at(broker: Broker, protocol: Protocol = "3.1.1") -> StandIn:
    return StandIn("127.0.0.1", broker.port, ack_after=0.05, protocol=protocol)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Mosquitto(tmp_path) as made:
        yield made


@pytest.fixture
def centre(broker: Broker) -> Iterator[StandIn]:
    with centre_at(broker) as made:
        yield made


@pytest.fixture
def gateway(broker: Broker) -> Iterator[Gateway]:
    made = Gateway(broker)
    yield made
    made.close()


@pytest.fixture
def chain() -> Chain:
    made = Chain()
    for number in range(6):
        made.punch(f"pin:{number}")
    return made


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("kind", ["mosquitto", "iotcore"])
def test_takes_a_log_and_answers_with_watermarks(kind: str, protocol: Protocol, tmp_path: Path, chain: Chain) -> None:
    made = Mosquitto(tmp_path) if kind == "mosquitto" else IotCore(tmp_path, protocol=protocol)
    with made as broker, centre_at(broker, protocol) as centre:
        gateway = Gateway(broker, protocol)
        gateway.wait_for_state("online")
        gateway.send(chain, 1, 2, 5)
        gateway.wait_for_ack(2, entry_hash(chain.raws[1]), [(3, 4)])
        gateway.send(chain, 3, 4, 4, 6)
        gateway.wait_for_ack(6, entry_hash(chain.raws[5]), [])
        report = centre.wait_for(lambda now: now["redelivered"] == 1, DEADLINE)
        assert (report["punches"], report["missing"], report["broken"], report["rubbish"]) == (6, 0, 0, 0)
        assert centre.entries(chain.logid) == chain.raws
        centre.stop()
        gateway.wait_for_state("offline")
        gateway.close()


def test_watermarks_are_retained(broker: Broker, centre: StandIn, gateway: Gateway, chain: Chain) -> None:
    gateway.send(chain, 1)
    gateway.wait_for_ack(1, entry_hash(chain.raws[0]), [])
    late = Gateway(broker)
    late.wait_for_ack(1, entry_hash(chain.raws[0]), [])
    late.close()


def test_a_centre_that_breaks_off_leaves_its_will_and_catches_up_later(
    centre: StandIn, gateway: Gateway, chain: Chain
) -> None:
    gateway.send(chain, 1, 2)
    gateway.wait_for_ack(2, entry_hash(chain.raws[1]), [])
    centre.go_offline()
    gateway.wait_for_state("lost")
    gateway.send(chain, 3, 4)
    assert centre.report()["punches"] == 2
    centre.go_online()
    gateway.wait_for_state("online")
    gateway.wait_for_ack(4, entry_hash(chain.raws[3]), [])
    assert centre.report()["punches"] == 4


def test_after_a_broker_that_forgot_all_it_says_again_what_it_holds(
    broker: Broker, centre: StandIn, gateway: Gateway, chain: Chain
) -> None:
    gateway.send(chain, 1, 2)
    gateway.wait_for_ack(2, entry_hash(chain.raws[1]), [])
    broker.kill()
    broker.wipe()
    broker.start()
    renewed = Gateway(broker)
    renewed.wait_for_state("online")
    renewed.wait_for_ack(2, entry_hash(chain.raws[1]), [])
    renewed.close()


def test_can_stop_acking(centre: StandIn, gateway: Gateway, chain: Chain) -> None:
    centre.stop_acking()
    gateway.send(chain, 1, 2)
    centre.wait_for(lambda now: now["punches"] == 2, DEADLINE)
    assert centre.report()["acks"] == 0
    centre.resume_acking()
    gateway.wait_for_ack(2, entry_hash(chain.raws[1]), [])


def test_can_forget(centre: StandIn, gateway: Gateway, chain: Chain) -> None:
    gateway.send(chain, 1, 2, 3)
    gateway.wait_for_ack(3, entry_hash(chain.raws[2]), [])
    centre.forget(1)
    gateway.wait_for_ack(1, entry_hash(chain.raws[0]), [])
    centre.forget(0, chain.logid)
    gateway.wait_for_ack(0, GENESIS, [])
    assert centre.facts() == set()


def test_can_lie_about_hash_and_holes(centre: StandIn, gateway: Gateway, chain: Chain) -> None:
    gateway.send(chain, 1, 2, 3)
    gateway.wait_for_ack(3, entry_hash(chain.raws[2]), [])
    centre.forge(chain.logid, hash="f" * 64)
    gateway.wait_for_ack(3, "f" * 64, [])
    centre.forge(chain.logid, missing=[[2, 3]])
    gateway.wait_for_ack(3, entry_hash(chain.raws[2]), [(2, 3)])
    centre.forge(chain.logid, through=1)
    gateway.wait_for_ack(1, entry_hash(chain.raws[0]), [])


def test_rubbish_stops_nothing(centre: StandIn, gateway: Gateway, chain: Chain) -> None:
    gateway.publish(chain.topic(), b"\xff{")
    gateway.publish(chain.topic(), b"")
    gateway.send(chain, 1)
    gateway.wait_for_ack(1, entry_hash(chain.raws[0]), [])
    assert centre.report()["rubbish"] == 2


def test_a_new_log_of_the_same_gateway_gets_its_own_watermark(centre: StandIn, gateway: Gateway, chain: Chain) -> None:
    renewed = Chain(epoch="11111111")
    renewed.punch()
    gateway.send(chain, 1)
    gateway.wait_for_ack(1, entry_hash(chain.raws[0]), [])
    gateway.publish(renewed.topic(), renewed.raws[0])
    gateway.wait_for_ack(1, entry_hash(renewed.raws[0]), [], "gw1.11111111")
    centre.go_offline()
    centre.go_online()
    gateway.wait_for(lambda: len(gateway.seen) >= 4 and b"11111111" in (gateway.last(ACK) or b""))


def test_waiting_in_vain_says_where_things_stand(centre: StandIn) -> None:
    with pytest.raises(TimeoutError, match="'punches': 0"):
        centre.wait_for(lambda now: now["punches"] == 1, 0.1)


def test_a_broker_that_is_not_there_ends_the_start(broker: Broker) -> None:
    broker.kill()
    centre = StandIn("127.0.0.1", broker.port)
    with pytest.raises(TimeoutError, match="refused"):
        centre.start(patience=0.5)
    centre.stop()
