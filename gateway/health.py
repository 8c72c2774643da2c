"""The health message: what the technician's page and the centre see of this gateway, once a minute."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.disk_watch import DiskWatch
from gateway.entries import Outbox, Stored
from gateway.log.scan import head_of

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


class Health:
    """Collects the facts; `facts` may be called from any thread."""

    def __init__(self, log: Outbox, clock: Clock, disk: DiskWatch) -> None:
        self._log, self._clock, self._disk = log, clock, disk
        self._started = time.monotonic()

    def facts(self, loops: Sequence[tuple[DeviceLoop, str]]) -> dict[str, object]:
        """The arguments of `contract.messages.build_health`; `loops` are devices with the names of their drivers."""
        marks = self._log.marks()
        punches = [loop.recorder.tally.last_punch for loop, _ in loops]
        return {
            "time": self._clock.text(),
            "uptime_s": round(time.monotonic() - self._started),
            "logid": marks.logid,
            "backlog": marks.next - 1 - marks.confirmed,
            "oldest_unacked_s": self._age(self._log.replay(marks.confirmed + 1, marks.confirmed + 1)),
            "last_punch": max((punch for punch in punches if punch), default=None),
            "devices": [_device(loop, driver) for loop, driver in loops],
            "clock": {"state": self._clock.state},
            "disk": self._disk.facts(),
            "temperature_c": _temperature(),
        }

    def _age(self, oldest: Iterator[Stored]) -> int | None:
        entry = next(oldest, None)
        if entry is None:
            return None
        try:
            recorded = datetime.fromisoformat(head_of(entry.raw).recordedtime)
        except ValueError:
            return None
        return max(round((self._clock.now() - recorded).total_seconds()), 0)


def _device(loop: DeviceLoop, driver: str) -> dict[str, object]:
    status, tally = loop.status(), loop.recorder.tally
    return {
        "id": loop.name,
        "driver": driver,
        "state": loop.state,
        "problem": loop.problem,
        "serial": status.serial,
        "model": status.model,
        "firmware": status.firmware,
        "records": status.records,
        "capacity": status.capacity,
        "users": status.users,
        "recorded": tally.punches,
        "last_punch": tally.last_punch,
        "offset_s": loop.recorder.offset_s,
        "progress": status.progress,
    }


def _temperature() -> float | None:
    try:
        return int(_THERMAL.read_text()) / 1000
    except (OSError, ValueError):
        return None
