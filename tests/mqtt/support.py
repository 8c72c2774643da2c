"""What the tests of the forwarder share: waiting, entries, a listener that holds every message against the contract."""

import json
import logging
import queue
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract import topics
from contract.chain import GENESIS, entry_hash
from contract.messages import build_central
from contract.watermark import build_ack
from gateway.entries import Draft
from gateway.log.log import Log, LogOptions
from gateway.mqtt.settings import BrokerSettings
from tests.brokers import HOST
from tests.schemas import check_message

SITE, GATEWAY, VERSION = "kec-pampangan", "gw1", "0.1.0"
NOW = "2025-11-24T10:00:00+07:00"
PATIENCE = 15.0

QUICK: dict[str, Any] = {
    "connect_timeout": 3.0,
    "backoff_min": 0.02,
    "backoff_max": 0.2,
    "retained_wait": 0.05,
    "resend_gap": 0.3,
}
"""Settings that make a test short."""


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait for `condition`; AssertionError names `what` when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.005)


def open_log(folder: Path, *, confirm: str = "central") -> Log:
    """The real log, in `folder`."""
    options = LogOptions(
        gateway=GATEWAY, source=f"/{SITE}/{GATEWAY}", now=lambda: NOW, confirm=confirm, allow_volatile=True
    )
    return Log(folder, options)


_numbers = iter(range(10**9))


def punches(count: int, padding: int = 0) -> list[Draft]:
    """So many punches that no log has seen yet."""
    return [
        Draft(
            "punch",
            f"/{SITE}/pintu-depan",
            {
                "method": "finger",
                "direction": "in",
                "origin": "live",
                "clock": {"state": "synced", "offset_s": 0.0},
                "device": {"serial": "A1", "time": "2025-11-24T10:00:00"},
                "raw": "00" * padding,
            },
            id=f"punch-{next(_numbers)}",
            subject="pin:1042",
            time=NOW,
        )
        for _ in range(count)
    ]


def settings(url: str, **changes: Any) -> BrokerSettings:
    """Quick settings for a broker at `url`."""
    return BrokerSettings(**{"url": url, **QUICK, **changes})


class Listener:
    """A plain subscriber to everything; `central` speaks as the centre would."""

    def __init__(self, port: int, **tls: Any) -> None:
        self._lock = threading.Lock()
        self._messages: list[tuple[str, bytes, bool]] = []
        self._broken: list[str] = []
        self._ready = threading.Event()
        self.content_types: set[str | None] = set()
        """Of the entries so far; MQTT 5 only."""
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=tls.pop("protocol", paho.MQTTv311))
        self._client.on_socket_open = _no_delay
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        if tls:
            self._client.tls_set_context(tls["context"])
        self._client.reconnect_delay_set(0.1, 0.1)  # type: ignore[arg-type]
        self._client.connect(HOST, port, keepalive=10)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE), "the listener was not allowed to subscribe"

    @property
    def messages(self) -> list[tuple[str, bytes]]:
        """(topic, payload) of all of ours so far; raises AssertionError when one broke the contract."""
        with self._lock:
            assert not self._broken, self._broken[0]
            return [(topic, payload) for topic, payload, _ in self._messages]

    def on(self, topic: str) -> list[bytes]:
        """Payloads of one topic so far."""
        return [payload for found, payload in self.messages if found == topic]

    @property
    def raws(self) -> list[bytes]:
        """Entries so far, as they came."""
        return [payload for topic, payload in self.messages if "/log/" in topic]

    @property
    def sequences(self) -> list[int]:
        """Their sequences."""
        return [int(raw.partition(b'"sequence":"')[2][:20]) for raw in self.raws]

    def clear(self) -> None:
        """Forget what came."""
        with self._lock:
            self._messages.clear()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send, and wait until the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(PATIENCE)

    def ack(self, log: Log, through: int, missing: list[list[int]] | None = None, *, hash: str | None = None) -> None:
        """The centre's watermark, retained."""
        found = list(log.replay(through, through))
        held = hash or (entry_hash(found[0].raw) if found else GENESIS)
        payload = build_ack(log.marks().logid, through, held, missing or [])
        self.publish(topics.ack(SITE, GATEWAY), payload, retain=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: paho.Client, _d: Any, _f: Any, _reason: ReasonCode, _p: Properties | None) -> None:
        client.subscribe("#", 1)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        with self._lock:
            try:
                if not message.topic.startswith("test/"):
                    check_message(message.topic, bytes(message.payload))
            except Exception as error:
                logging.getLogger(__name__).exception("broken message")
                self._broken.append(f"{message.topic}: {error}")
            if "/log/" in message.topic:
                self.content_types.add(getattr(message.properties, "ContentType", None))
            self._messages.append((message.topic, bytes(message.payload), message.retain))


class Centre(Listener):
    """A stand-in for the centre: keeps every entry, and leaves a watermark with the holes it sees after each batch.

    It judges what it got: `chain_is_whole` and `times`.
    """

    def __init__(self, port: int, **tls: Any) -> None:
        self.held: dict[str, dict[int, bytes]] = {}
        """logid → sequence → entry."""
        self.times: Counter[tuple[str, int]] = Counter()
        """How often each entry came."""
        self._news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._writable: bool | None = None
        self.silent = False
        """Whether it sends no watermarks."""
        super().__init__(port, **tls)
        self._thread = threading.Thread(target=self._acknowledge, daemon=True)
        self._thread.start()
        self.says(writable=True)

    def says(self, *, writable: bool) -> None:
        """Its status, retained."""
        self._writable = writable
        self.publish(topics.CENTRAL_STATUS, build_central("online", writable=writable), retain=True)

    def has(self, log: Log) -> bool:
        """Whether it holds everything that is in the log's present epoch, and the chain is whole."""
        marks = log.marks()
        held = self.held.get(marks.logid, {})
        if len(held) < marks.next - 1:
            return False
        previous = GENESIS
        for stored in log.read(0, 10**6):
            assert held[stored.sequence] == stored.raw
            assert f'"prevhash":"{previous}"'.encode() in stored.raw
            previous = entry_hash(stored.raw)
        return True

    def look(self) -> None:
        """Send a watermark now."""
        for logid in list(self.held):
            self._news.put(logid)

    def forget(self) -> None:
        """It lost everything it had: restored from an empty backup."""
        self.held = {logid: {} for logid in self.held}
        self.look()

    def __exit__(self, *error: Any) -> None:
        self._news.put(None)
        self._thread.join(PATIENCE)
        super().__exit__(*error)

    def _on_connect(self, client: paho.Client, *more: Any) -> None:
        super()._on_connect(client, *more)
        if self._writable is not None:
            client.publish(topics.CENTRAL_STATUS, build_central("online", writable=self._writable), 1, retain=True)

    def _on_message(self, client: Any, data: Any, message: paho.MQTTMessage) -> None:
        super()._on_message(client, data, message)
        if "/log/" in message.topic:
            entry = json.loads(message.payload)
            sequence = int(entry["sequence"])
            self.held.setdefault(entry["logid"], {})[sequence] = bytes(message.payload)
            self.times[entry["logid"], sequence] += 1
            self._news.put(entry["logid"])

    def _acknowledge(self) -> None:
        while (logid := self._news.get()) is not None:
            time.sleep(0.01)  # as long as a COMMIT takes: what came meanwhile is in it, too
            while not self._news.empty():
                newer = self._news.get()
                if newer is None:
                    return
                logid = newer
            if not self.silent:
                self._client.publish(topics.ack(SITE, GATEWAY), self._watermark(logid), 1, retain=True)

    def _watermark(self, logid: str) -> bytes:
        held = dict(self.held[logid])
        through, missing, expected = 0, [], 1
        for sequence in sorted(held):
            if sequence > expected:
                missing.append([expected, sequence - 1])
            elif not missing:
                through = sequence
            expected = sequence + 1
        return build_ack(logid, through, entry_hash(held[through]) if through else GENESIS, missing)


def _no_delay(_client: Any, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
