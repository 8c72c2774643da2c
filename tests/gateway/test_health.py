"""The health message is valid whatever a driver says of its device and whatever fails."""

import json
from typing import Any

import pytest

from contract import messages
from gateway.disk_watch import DiskWatch
from gateway.health import Health
from gateway.mqtt import status
from gateway.reading import DeviceStatus
from tests import schemas
from tests.gateway.house import House, clock_reading, punch, until


def said(house: House, loops: Any = None) -> dict[str, Any]:
    """The message, held against its schema."""
    disk = DiskWatch(house.log, house.log._root, "/kec/gw1", 512_000_000)
    health = Health(house.log, house.clock, disk)
    facts = health.facts([(worker.loop, "scripted") for worker in house.supervisor.workers] if loops is None else loops)
    raw = status.health(facts)
    message: dict[str, Any] = json.loads(raw)
    schemas.check("health", message)
    messages.parse_health(raw)
    return message


def test_before_any_device_was_opened(house: House) -> None:
    assert said(house)["devices"] == []
    house.room = False
    house.supervisor.add(house.loop)
    assert said(house)["devices"][0]["id"] == "pintu"


def test_a_device_at_work(house: House) -> None:
    house.device.status = DeviceStatus("SN1", "K14", "Ver 6.60", 3, 100000, 12, "reading log")
    house.device.waiting = [[clock_reading(0), punch(1)]]
    house.start()
    until(lambda: house.device.acknowledged == 2)
    message = said(house)
    device = message["devices"][0]
    assert (device["model"], device["records"], device["users"], device["recorded"]) == ("K14", 3, 12, 1)
    assert message["last_punch"] == device["last_punch"] == "2024-05-21T07:00:01+07:00"
    assert message["oldest_unacked_s"] is not None
    assert message["backlog"] == 2


@pytest.mark.parametrize(
    "odd",
    [
        DeviceStatus("x" * 500, "\ud800" * 500, "é" * 500, -1, 10**30, None, "p" * 5000),
        DeviceStatus(None, b"K14", 7, float("nan"), "many", True, None),  # type: ignore[arg-type]
        RuntimeError("pin:1042 not now"),
        None,
    ],
)
def test_whatever_a_driver_says_of_its_device(house: House, odd: Any) -> None:
    house.device.status = odd
    house.start()
    until(lambda: house.present.state == "ok")
    assert said(house)["devices"][0]["records"] is None


def test_nobody_is_named_in_it(house: House) -> None:
    house.device.error = ValueError("pin:1042 has no name, NIP 199001012015031001")
    house.start()
    until(lambda: house.present.state == "silent")
    problem = said(house)["devices"][0]["problem"]
    assert "pin:10**" in problem
    assert "199001012015031001" not in problem


@pytest.mark.parametrize(("count", "left_out"), [(100, 0), (900, None)])
def test_a_hundred_devices_and_more_than_there_is_room_for(house: House, count: int, left_out: int | None) -> None:
    house.device.status = DeviceStatus("é" * 64, "é" * 64, "é" * 64, 10**17, 10**17, 10**17, "é" * 200)
    house.device.error = ValueError("é" * 300)
    house.start()
    until(lambda: house.present.state == "silent")
    message = said(house, [(house.present, "d" * 64)] * count)
    assert len(message["devices"]) + message.get("devices_left_out", 0) == count
    if left_out is not None:
        assert message.get("devices_left_out", 0) == left_out
    else:
        assert len(message["devices"]) > 200


def test_a_disk_that_is_gone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> object:
        raise OSError(5, "Input/output error")

    house.log.append([])
    monkeypatch.setattr("os.statvfs", gone)
    monkeypatch.setattr(house.disk, "pread", gone)
    monkeypatch.setattr(house.disk, "read", gone)
    message = said(house)
    assert message["disk"]["free_mb"] == 0
    assert "Input/output error" in message["disk"]["problem"]
    assert message["oldest_unacked_s"] is None
