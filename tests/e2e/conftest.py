"""A terminal, a line to cut and a broker for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.line import Line
from simulators.zkteco import TerminalServer
from tests.brokers import HOST, Mosquitto


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer("tft-tcp", users=30, records=120, pause=0.0, restart_seconds=0.5) as server:
        yield server


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def line(mosquitto: Mosquitto) -> Iterator[Line]:
    """Between the gateway and the broker."""
    with Line(HOST, mosquitto.port) as line:
        yield line
