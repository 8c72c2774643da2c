"""From the tap to the subscriber's COMMIT: device loop, log, forwarder, broker, subscriber, SQLite commit.

The peer publishes the same bytes with bare paho to the same subscriber. The subscriber is a process of its own and
stamps its commits with the machine's monotonic clock.
"""

import multiprocessing as mp
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

import paho.mqtt.client as paho

from bench.material import folder, open_log, raw
from bench.report import Row, median, percentile
from contract import topics
from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.mqtt.forwarder import Forwarder
from gateway.mqtt.settings import BrokerSettings
from gateway.punch import Place
from gateway.reading import DeviceStatus, Reading, Report
from gateway.recorder import Recorder
from tests.brokers import Mosquitto

ROUNDS = 4
JAKARTA = ZoneInfo("Asia/Jakarta")


class Door:
    """A driver that hands over a punch the moment it is made."""

    def __init__(self) -> None:
        self._waiting: list[Report] = []
        self._bell = threading.Event()

    def tap(self, reading: Reading) -> None:
        self._waiting.append(reading)
        self._bell.set()

    def open(self, since: str | None) -> None:
        del since

    def poll(self, timeout: float) -> Sequence[Report]:
        self._bell.wait(timeout)
        self._bell.clear()
        reports, self._waiting = self._waiting, []
        return reports

    def close(self) -> None:
        self._bell.set()

    def status(self) -> DeviceStatus:
        return DeviceStatus()


def rows(*, quick: bool) -> Iterator[Row]:
    """Taps one after another, 20 ms apart, in alternating rounds."""
    count = 100 if quick else 500
    ours: list[float] = []
    theirs: list[float] = []
    with folder() as place, Mosquitto(place) as broker:
        commits, child = mp.Pipe(duplex=False)
        subscriber = mp.get_context("spawn").Process(target=_subscribe, args=(broker.port, place / "s.db", child))
        subscriber.start()
        commits.recv()
        try:
            with _Gateway(broker.url, place / "data") as gateway:
                bare = _Bare(broker.port)
                for _ in range(ROUNDS):
                    ours += _taps(gateway.tap, count, commits)
                    theirs += _taps(bare.tap, count, commits)
                bare.close()
        finally:
            subscriber.terminate()
            subscriber.join()
    peer = "bare paho + one SQLite commit"
    yield Row("tap to COMMIT, median", median(ours), "ms", peer, median(theirs))
    yield Row("tap to COMMIT, p99", percentile(ours, 0.99), "ms", peer, percentile(theirs, 0.99), at_most=2.0)


def _taps(tap: Callable[[int], None], count: int, commits: Connection) -> list[float]:
    spent = []
    for number in range(count):
        before = time.monotonic()
        tap(number)
        spent.append((commits.recv() - before) * 1000)
        time.sleep(0.02)
    return spent


class _Gateway:
    """Everything between the door and the broker, as `gateway.app` builds it."""

    def __init__(self, url: str, data: Path) -> None:
        self._log = open_log(data)
        self._door, self._stop = Door(), threading.Event()
        place = Place("kec-pampangan", "pintu-depan", JAKARTA)
        recorder = Recorder(place, self._log, Clock(JAKARTA, "system"), max_drift_s=2.0)
        loop = DeviceLoop(lambda: self._door, recorder, self._stop, room=lambda: True, disk_failed=print)
        settings = BrokerSettings(url=url, confirm="broker")
        self._forwarder = Forwarder(settings, "kec-pampangan", "gw1", self._log, "bench")
        self._thread = threading.Thread(target=loop.run, daemon=True)
        self._count = 0

    def __enter__(self) -> "_Gateway":
        self._forwarder.start()
        self._thread.start()
        while not self._forwarder.snapshot().connected or self._log.marks().published < 1:
            time.sleep(0.01)
        return self

    def tap(self, number: int) -> None:
        self._count += 1
        local = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 7 * 3600))
        record = f"{number:064x}"
        self._door.tap(Reading("SN1", str(self._count), local, bytes.fromhex(record), method="finger", origin="live"))

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._door.close()
        self._thread.join(5)
        self._forwarder.stop()
        self._log.close()


class _Bare:
    def __init__(self, port: int) -> None:
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="bare")
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def tap(self, number: int) -> None:
        self._client.publish(topics.log("kec-pampangan", "bare", "punch"), raw(number), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _subscribe(port: int, path: Path, commits: Connection) -> None:
    """One message, one transaction, one answer."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE entry (raw BLOB NOT NULL)")

    def on_message(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        db.execute("INSERT INTO entry (raw) VALUES (?)", (message.payload,))
        commits.send(time.monotonic())

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="subscriber")
    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe(topics.PUNCHES, qos=1)
    client.on_subscribe = lambda *_: commits.send(0.0)
    client.connect("127.0.0.1", port)
    client.loop_forever()
