"""A gateway with a driver that hangs, and a supervisor of little patience: `python -m tests.e2e.hanging gateway.toml`.

The first connection to the device hangs for good in its first poll, and closing it does not help; the next one works.
"""

import itertools
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from gateway import logs
from gateway.app import App
from gateway.config import load
from gateway.drivers.table import DRIVERS
from gateway.reading import DeviceStatus, Reading, Report
from gateway.stopping import stop_on_signals
from gateway.supervisor import Supervisor

DRIVERS["hanging"] = "tests.e2e.hanging:Hanging"

_opened = itertools.count()


class Hanging:
    """The driver."""

    def __init__(self, options: Mapping[str, object], name: str) -> None:
        self._reports: list[Report] = []

    def open(self, since: str | None) -> None:
        if next(_opened) == 0:
            threading.Event().wait()
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 7 * 3600))
        self._reports = [Reading(serial="H1", person="1042", local_time=now, raw=b"1042", method="card")]

    def poll(self, timeout: float) -> Sequence[Report]:
        if not self._reports:
            time.sleep(min(timeout, 0.1))
        found, self._reports = self._reports, []
        return found

    def close(self) -> None:
        pass

    def status(self) -> DeviceStatus:
        return DeviceStatus(serial="H1")


if __name__ == "__main__":
    loaded = load(sys.argv[1])
    logs.set_up("json", zone=loaded.site.zone)
    supervisor = Supervisor(hung_after=0.5, left_after=0.5)
    App(loaded, allow_volatile=True, supervisor=supervisor).run(stop_on_signals())
