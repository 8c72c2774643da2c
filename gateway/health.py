"""The health message: what the technician's page and the centre see of this gateway, once a minute.

It must be valid whatever a driver says of its device and whatever fails: it is what trouble is told with.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from contract import messages
from contract.jsontext import dumps
from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.disk_watch import DiskWatch
from gateway.entries import Marks, Outbox
from gateway.errors import LogError
from gateway.log.scan import head_of
from gateway.masking import mask_text
from gateway.plain import text_of

logger = logging.getLogger(__name__)

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
_ROOM = messages.MAX_BYTES - 8192
"""Bytes for the facts; what the caller adds goes beside."""
_LEAST = ("id", "driver", "state", "recorded", "last_punch")
"""What is told of each device where there are too many to tell all."""


class Health:
    """Collects the facts; `facts` may be called from any thread."""

    def __init__(self, log: Outbox, clock: Clock, disk: DiskWatch) -> None:
        self._log, self._clock, self._disk = log, clock, disk
        self._started = time.monotonic()

    def facts(self, loops: Sequence[tuple[DeviceLoop, str]]) -> dict[str, object]:
        """The members of the health message; `loops` are devices with the names of their drivers."""
        marks = self._log.marks()
        punches = [loop.recorder.tally.last_punch for loop, _ in loops]
        facts: dict[str, object] = {
            "time": self._clock.text(),
            "uptime_s": round(time.monotonic() - self._started),
            "logid": marks.logid,
            "backlog": max(marks.next - 1 - marks.confirmed, 0),
            "oldest_unacked_s": self._oldest(marks),
            "last_punch": max((punch for punch in punches if punch), default=None),
            "devices": [],
            "clock": {"state": self._clock.state},
            "disk": self._disk.facts(),
            "temperature_c": _temperature(),
        }
        return _with_devices(facts, [_device(loop, driver) for loop, driver in loops])

    def _oldest(self, marks: Marks) -> int | None:
        """Age of the oldest entry that is not confirmed, seconds; None where there is none or it cannot be read."""
        try:
            entry = next(self._log.replay(marks.confirmed + 1, marks.confirmed + 1), None)
            if entry is None:
                return None
            recorded = datetime.fromisoformat(head_of(entry.raw).recordedtime)
            return max(round((self._clock.now() - recorded).total_seconds()), 0)
        except (LogError, ValueError, TypeError, msgspec.DecodeError) as error:
            logger.warning("the age of the backlog is not known: %s", error)
            return None


def _with_devices(facts: dict[str, object], devices: list[dict[str, object]]) -> dict[str, object]:
    """As much of the devices as there is room for: all, or the least of each, or the first of them."""
    left = _ROOM - len(dumps(facts).encode())
    if len(dumps(devices).encode()) > left:
        devices = [{name: device[name] for name in _LEAST} for device in devices]
    every = len(devices)
    while devices and len(dumps(devices).encode()) > left:
        devices = devices[: len(devices) * 3 // 4]
    return facts | {"devices": devices} | ({} if len(devices) == every else {"devices_left_out": every - len(devices)})


def _device(loop: DeviceLoop, driver: str) -> dict[str, object]:
    status, tally = loop.status(), loop.recorder.tally
    return {
        "id": loop.name,
        "driver": text_of(driver, 64),
        "state": loop.state,
        "problem": mask_text(text_of(loop.problem, 200)),
        "serial": text_of(status.serial or "", 64),
        "model": text_of(status.model or "", 64),
        "firmware": text_of(status.firmware or "", 64),
        "records": count(status.records),
        "capacity": count(status.capacity),
        "users": count(status.users),
        "recorded": tally.punches,
        "last_punch": tally.last_punch,
        "offset_s": loop.recorder.offset_s,
        "progress": text_of(status.progress or "", 200),
    }


def count(value: object) -> int | None:
    """A number of things as a driver gave it; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18 else None


def _temperature() -> float | None:
    try:
        return int(_THERMAL.read_text()) / 1000
    except (OSError, ValueError):
        return None
