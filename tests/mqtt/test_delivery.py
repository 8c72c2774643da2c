"""Entries get to the subscriber: once, in order, bit for bit; on both brokers, both protocols, plain and TLS."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from contract import topics
from gateway.log.log import Log
from gateway.mqtt.session import ENTRY
from tests.brokers import Broker, IotCore, Mosquitto, Tls
from tests.mqtt.conftest import Start
from tests.mqtt.support import GATEWAY, SITE, Listener, punches, settings, until
from tests.pki import Authority

STATUS = topics.status(SITE, GATEWAY)
HEALTH = topics.health(SITE, GATEWAY)

CASES = [(kind, protocol, tls) for kind in (Mosquitto, IotCore) for protocol in ("3.1.1", "5") for tls in (False, True)]
NAMES = [f"{kind.__name__.lower()}-{protocol}-{'tls' if tls else 'plain'}" for kind, protocol, tls in CASES]


class Case:
    """A running broker, and how to speak to it."""

    def __init__(self, kind: type[Mosquitto] | type[IotCore], protocol: Any, folder: Path, *, tls: bool) -> None:
        self.ours: dict[str, Any] = {"protocol": protocol}
        self.theirs: dict[str, Any] = {"protocol": paho.MQTTv5 if protocol == "5" else paho.MQTTv311}
        server: Tls | None = None
        if tls:
            authority = Authority(folder / "pki")
            server, pair = Tls(authority.ca, authority.server()), authority.client(f"ketuk-{GATEWAY}")
            self.ours |= {"ca": str(authority.ca), "cert": str(pair.cert), "key": str(pair.key)}
            self.theirs["context"] = ssl.create_default_context(cafile=authority.ca)
            self.theirs["context"].load_cert_chain(*authority.client("centre"))
        self.broker: Broker = (
            Mosquitto(folder, tls=server, extra="max_queued_messages 0")
            if kind is Mosquitto
            else IotCore(folder, tls=server, protocol=protocol)
        )


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    kind, protocol, tls = request.param
    made = Case(kind, protocol, tmp_path, tls=tls)
    with made.broker:
        yield made


@pytest.mark.parametrize("case", CASES, ids=NAMES, indirect=True)
def test_every_entry_once_and_in_order(case: Case, log: Log, start: Start) -> None:
    with Listener(case.broker.port, **case.theirs) as listener:
        first = log.append(punches(150))
        forwarder = start(settings(case.broker.url, health_interval=0.1, **case.ours), health=_health)
        until(lambda: len(listener.raws) >= 151, "what was recorded before the start")
        later = [stored for _ in range(30) for stored in log.append(punches(5))]
        until(lambda: len(listener.raws) >= 301, "what was recorded while connected")
        until(lambda: log.marks().published == 301, "the published mark")
        assert listener.sequences == list(range(1, 302))
        assert listener.raws[1:] == [stored.raw for stored in (*first, *later)]
        assert forwarder.snapshot().counters.published == 301
        until(lambda: len(listener.on(HEALTH)) >= 3, "three health messages")
        assert listener.content_types == {ENTRY if case.ours["protocol"] == "5" else None}
        with Listener(case.broker.port, **case.theirs) as late:
            until(lambda: late.on(HEALTH) and late.on(STATUS), "what the broker keeps for whoever comes later")
            assert json.loads(late.on(STATUS)[0])["state"] == "online"
        assert forwarder.stop(10)
        until(lambda: b'{"state":"offline"}' in listener.on(STATUS), "the clean stop")
        states = [json.loads(payload)["state"] for payload in listener.on(STATUS)]
        assert states == ["online", "offline"]


def test_a_clean_stop_takes_the_last_entries_along(log: Log, start: Start, tmp_path: Path) -> None:
    """What is recorded in the moment before, such as the last checkpoint, does not wait for the next start."""
    with Mosquitto(tmp_path) as broker, Listener(broker.port) as listener:
        for _ in range(8):
            forwarder = start(settings(broker.url))
            log.append(punches(1))
            until(lambda: log.marks().published == log.marks().next - 1, "a line that is up")
            log.append(punches(15))
            assert forwarder.stop(10)
            assert log.marks().published == log.marks().next - 1
        until(lambda: len(listener.raws) == 1 + 8 * 16, "every entry")


def _health() -> dict[str, object]:
    return {
        "time": "2025-11-24T10:00:00+07:00",
        "uptime_s": 1,
        "logid": "gw1.7f3a9c2e",
        "backlog": 0,
        "oldest_unacked_s": None,
        "last_punch": None,
        "devices": [],
        "clock": {"state": "synced", "offset_s": 0.0},
        "disk": {"free_mb": 900.0, "log_mb": 1.0},
        "temperature_c": None,
    }
