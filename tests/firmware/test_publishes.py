"""The reader's MQTT client beyond the last packet id, against a real mosquitto: nothing lost, nothing twice."""

import threading
from collections import Counter
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from tests.brokers import Mosquitto
from tests.firmware.interpreter import DEVICE, run

LAST_ID = 65_535
UNBOUNDED = "max_queued_messages 0\nmax_inflight_messages 0"
"""The subscriber here may lag behind: that is not what is tested."""


class Counting:
    """A subscriber that counts how often each number comes."""

    def __init__(self, port: int) -> None:
        self.numbers: Counter[int] = Counter()
        self.total = 0
        self.ready, self._changed = threading.Event(), threading.Condition()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "counting")
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("t/number", 1)
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _take(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.numbers[int(message.payload)] += 1
            self.total += 1
            self._changed.notify_all()

    def wait_for(self, total: int, patience: float) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.total >= total, patience), self.total

    def stop(self) -> None:
        """Take what is still on its way, and end."""
        self._client.disconnect()
        self._client.loop_stop()


def publish(folder: Path, count: int, packet_id: int, patience: float) -> None:
    with Mosquitto(folder, extra=UNBOUNDED) as broker:
        counting = Counting(broker.port)
        try:
            assert counting.ready.wait(10)
            arguments = ("127.0.0.1", str(broker.port), str(count), str(packet_id))
            ran = run(DEVICE / "publishes.py", *arguments, patience=patience)
            assert ran.code == 0, ran.output
            counting.wait_for(count, 60)
        finally:
            counting.stop()
    assert int(ran.value("acknowledged")) == int(ran.value("once")) == count
    assert counting.numbers == dict.fromkeys(range(count), 1)
    assert int(ran.value("wraps")) == (packet_id + count - 1) // LAST_ID == 1
    assert 1 < int(ran.value("in_flight")) <= 8


def test_the_packet_id_wraps(tmp_path: Path) -> None:
    publish(tmp_path, 1000, LAST_ID - 500, 60)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_seventy_thousand_publishes(tmp_path: Path) -> None:
    publish(tmp_path, 70_000, 0, 800)
