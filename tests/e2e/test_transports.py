"""The main job over each broker, protocol and transport; every message held against its schema."""

import ssl
from collections import Counter
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from contract import topics
from contract.chain import GENESIS, entry_hash
from contract.entry import parse
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer
from tests.brokers import HOST, IotCore, Mosquitto, Tls
from tests.e2e.office import DEVICE, GATEWAY, SITE, Gateway, confirmed, judge, punched, until, verify
from tests.e2e.witness import Witness
from tests.pki import Authority


def _work(terminal: TerminalServer, gateway: Gateway, centre: StandIn) -> None:
    """Back-fill, live punches of both kinds, a clean stop."""
    until(lambda: terminal.subscribers() == 1)
    for number in range(30):
        terminal.punch(str(1000 + number), "in" if number % 2 else "out", "card" if number % 3 else "finger")
    judge(centre, terminal)
    confirmed(centre, gateway)
    assert gateway.stop() == 0
    verify(gateway)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("kind", [Mosquitto, IotCore])
def test_plain_tcp(kind: Any, protocol: Any, tmp_path: Path, terminal: TerminalServer) -> None:
    broker = kind(tmp_path) if kind is Mosquitto else IotCore(tmp_path, protocol=protocol)
    with (
        broker,
        StandIn(HOST, broker.port, protocol=protocol) as centre,
        Gateway(tmp_path, {DEVICE: terminal.port}, {"url": broker.url, "protocol": protocol}) as gateway,
    ):
        witness = Witness(broker.port) if protocol == "3.1.1" or kind is Mosquitto else None
        _work(terminal, gateway, centre)
        if witness is not None:
            witness.close()
            assert witness.wrong == []
            assert any(topic == topics.status(SITE, GATEWAY) for topic, _ in witness.messages)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_tls_with_client_certificates(protocol: Any, tmp_path: Path, terminal: TerminalServer) -> None:
    authority = Authority(tmp_path / "pki")
    server, ours, theirs = authority.server(), authority.client("gw1"), authority.client("central")

    def prepare(client: paho.Client) -> None:
        context = ssl.create_default_context(cafile=str(authority.ca))
        context.load_cert_chain(theirs.cert, theirs.key)
        client.tls_set_context(context)

    with Mosquitto(tmp_path, tls=Tls(authority.ca, server)) as broker:
        keys = {"url": broker.url, "ca": str(authority.ca), "cert": str(ours.cert), "key": str(ours.key)}
        with (
            StandIn(HOST, broker.port, protocol=protocol, prepare=prepare) as centre,
            Gateway(tmp_path, {DEVICE: terminal.port}, {**keys, "protocol": protocol}) as gateway,
        ):
            _work(terminal, gateway, centre)


def test_a_subscriber_that_never_acks(tmp_path: Path, mosquitto: Mosquitto, terminal: TerminalServer) -> None:
    """`confirm = "broker"`: ten lines of anybody's code get every punch, once, in order, chained."""
    witness = Witness(mosquitto.port)
    broker = {"url": mosquitto.url, "confirm": "broker"}
    with Gateway(tmp_path, {DEVICE: terminal.port}, broker) as gateway:
        until(lambda: terminal.subscribers() == 1)
        for number in range(50):
            terminal.punch(str(1000 + number))
        wanted = punched(terminal)
        until(lambda: sum("/log/punch" in topic for topic, _ in witness.messages) >= wanted.total())
        assert gateway.stop() == 0
        verify(gateway)
    witness.close()
    assert witness.wrong == []
    previous, got = GENESIS, Counter[tuple[str, str]]()
    for sequence, raw in enumerate(witness.entries(), start=1):
        event: Any = parse(raw)
        assert (event["prevhash"], int(event["sequence"])) == (previous, sequence)
        previous = entry_hash(raw)
        if event["type"] == "ketuk.punch.v1":
            got[event["subject"].removeprefix("pin:"), event["data"]["device"]["time"]] += 1
    assert got == wanted
