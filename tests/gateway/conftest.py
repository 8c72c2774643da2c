"""The house with one device, whose loop waits for nothing longer than a moment."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import LogError
from tests.gateway.house import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr("gateway.device.POLL_S", 0.02)
    for name in ("RETRY_S", "REFUSED_S", "DISK_S"):
        monkeypatch.setattr(f"gateway.device.{name}", (0.02, 0.1))
    house = House(tmp_path)
    yield house
    for hang in (house.device.hang, house.disk.hang):
        if hang is not None:
            hang.set()
    house.supervisor.stop(2)
    with contextlib.suppress(LogError):
        house.log.close()
