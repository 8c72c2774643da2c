"""Draining a backlog: the forwarder with the real log, against a bare paho loop with the same window and payload."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho

from bench.material import fill, folder, open_log
from bench.report import Row, median
from contract import topics
from gateway.entries import Stored
from gateway.mqtt.forwarder import Forwarder
from gateway.mqtt.settings import BrokerSettings
from tests.brokers import Mosquitto

WINDOW = 20
ROUNDS = 3


def rows(*, quick: bool) -> Iterator[Row]:
    """Entries a second, until the last PUBACK. Mosquitto, loopback, no subscriber."""
    count = 3_000 if quick else 20_000
    ours, theirs = [], []
    with folder() as place, Mosquitto(place) as broker:
        for number in range(ROUNDS):
            data = place / f"data{number}"
            log = open_log(data)
            fill(log, count)
            entries = log.read(0, count + 1)
            theirs.append(len(entries) / _bare(broker.port, entries))
            log.close()
            ours.append((count + 1) / _forwarder(broker.url, data, count + 1))
    yield Row("drain", median(ours), "entries/s", f"bare paho loop, window {WINDOW}", median(theirs), at_least=0.8)


def _forwarder(url: str, data: Path, count: int) -> float:
    log = open_log(data)
    settings = BrokerSettings(url=url, confirm="broker", window=WINDOW, retained_wait=0.01)
    forwarder = Forwarder(settings, "kec-pampangan", "gw1", log, "bench")
    before = time.perf_counter()
    forwarder.start()
    while log.marks().published < count:
        time.sleep(0.002)
    spent = time.perf_counter() - before
    forwarder.stop()
    log.close()
    return spent


def _bare(port: int, entries: list[Stored]) -> float:
    """publish, and on each PUBACK the next: nothing on disk, no order of acks, no checks."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="bare")
    client.max_inflight_messages_set(WINDOW)
    room, done = threading.Semaphore(WINDOW), threading.Semaphore(0)

    def on_publish(*_: object) -> None:
        room.release()
        done.release()

    client.on_publish = on_publish
    before = time.perf_counter()
    client.connect("127.0.0.1", port)
    client.loop_start()
    for entry in entries:
        room.acquire()
        client.publish(topics.log("kec-pampangan", "gw1", entry.kind), entry.raw, qos=1)
    for _ in entries:
        done.acquire()
    spent = time.perf_counter() - before
    client.disconnect()
    client.loop_stop()
    return spent
