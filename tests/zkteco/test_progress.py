"""A long read can be followed: in the gateway's own log lines, and in the health message."""

import logging
import re
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.disk_watch import DiskWatch
from gateway.health import Health
from simulators.zkteco import TerminalServer
from tests.zkteco.gateway import JAKARTA, Gateway

DEVICE, RECORDS = "pintu-depan", 27_000
SIZE = 4 + 40 * RECORDS
"""Bytes of the whole log: more than one mebibyte, after which a line is written."""
PROGRESS = re.compile(rf"reading log (\d+)/{SIZE} bytes")


def test_a_long_read_can_be_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway")
    seen = []

    def told() -> str:
        (device,) = health.facts([(gateway.worker(DEVICE).loop, "zkteco")])["devices"]  # type: ignore[misc]
        progress: str = device["progress"]
        found = PROGRESS.fullmatch(progress)
        if found:
            seen.append(int(found[1]))
        return progress

    def lines() -> list[str]:
        mine = (record.getMessage() for record in caplog.records if record.name.startswith("gateway.drivers.zkteco"))
        return [line for line in mine if line.endswith(f"/{SIZE} bytes")]

    with TerminalServer("tft-tcp", users=50, records=RECORDS, pause=0.0) as terminal:
        terminal.command("slow 0.05")
        with Gateway(tmp_path, {DEVICE: {"host": terminal.host, "port": terminal.port}}) as gateway:
            health = Health(gateway.log, Clock(JAKARTA, "system"), DiskWatch(gateway.log, tmp_path, gateway.source, 1))
            gateway.until(lambda: told() and len(set(seen)) >= 3, "progress in the health message")
            gateway.until(lambda: told() == "" and lines(), "the read is over")
            gateway.until(lambda: gateway.punches().total() > 0, "its punches are recorded")
    assert max(seen) <= SIZE
    line = rf"{DEVICE} \({terminal.host}:{terminal.port}\): reading 1\d{{6}}/{SIZE} bytes"
    assert all(re.fullmatch(line, said) for said in lines())
