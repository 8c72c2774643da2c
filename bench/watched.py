"""`ketuk central run` as a process that is measured: what it answers, and how much memory it takes."""

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as paho

from contract import topics
from contract.watermark import parse_ack
from tests.brokers import HOST, Mosquitto
from tests.central.chain import Chain
from tests.central.running import CentreProcess

_PATIENCE = 300.0


class Watched:
    """Ready when its `with` block begins: the database is prepared and the broker lets it in."""

    def __init__(self, place: Path, broker: Mosquitto, database: str) -> None:
        config = place / "central.toml"
        config.write_text(f"[broker]\nurl = {json.dumps(broker.url)}\n[database]\nurl = {json.dumps(database)}\n")
        self._centre = CentreProcess(config)
        self._marks: dict[str, int] = {}
        self._writable = False
        self._changed = threading.Condition()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="watch")
        self._client.on_message = self._heard
        self._client.connect(HOST, broker.port)
        self._client.subscribe([(f"{topics.ROOT}/+/+/ack", 1), (topics.CENTRAL_STATUS, 1)])
        self._client.loop_start()

    def meet(self, chains: Sequence[Chain]) -> None:
        """Let these gateways say that they are there; returns when each was answered."""
        for chain in chains:
            birth = chain.birth()
            self._client.publish(birth.topic, birth.payload, qos=1, retain=True)
        self._until(lambda: all(chain.logid in self._marks for chain in chains))

    def confirmed(self, logids: Sequence[str], through: int) -> None:
        """Until the watermarks of these say that so much is held."""
        self._until(lambda: all(self._marks.get(logid, 0) >= through for logid in logids))

    @property
    def pid(self) -> int:
        """Of the centre's process."""
        return self._centre.process.pid

    def resident_mb(self) -> float:
        """The most that it took so far."""
        status = Path(f"/proc/{self._centre.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def __enter__(self) -> Self:
        self._centre.start()
        self._until(lambda: self._writable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._centre.__exit__(kind, error, trace)

    def _until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, _PATIENCE):
                raise TimeoutError(f"the centre does not get that far:\n{self._centre.said}")

    def _heard(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._changed:
            if message.topic == topics.CENTRAL_STATUS:
                self._writable = json.loads(message.payload)["writable"]
            else:
                logid, through, *_ = parse_ack(message.payload)
                self._marks[logid] = through
            self._changed.notify_all()
