"""The real log, and forwarders that end with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.log.log import Log
from gateway.mqtt.forwarder import Forwarder
from gateway.mqtt.settings import BrokerSettings
from tests.mqtt.support import GATEWAY, SITE, VERSION, open_log

Start = Callable[..., Forwarder]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = open_log(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def start(log: Log) -> Iterator[Start]:
    """Starts a forwarder over `log` (or another outbox), and stops it after the test."""
    running: list[Forwarder] = []

    def starter(settings: BrokerSettings, **more: Any) -> Forwarder:
        outbox, site = more.pop("outbox", log), more.pop("site", SITE)
        forwarder = Forwarder(settings, site, GATEWAY, outbox, VERSION, **more)
        running.append(forwarder)
        forwarder.start()
        return forwarder

    yield starter
    for forwarder in running:
        assert forwarder.stop(10), "the forwarder did not stop"
