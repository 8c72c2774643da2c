"""Drivers of third parties as they should not be."""

import threading
from collections.abc import Mapping, Sequence

from gateway.reading import DeviceStatus, Report


class Stuck:
    """Answers nothing until it is closed."""

    def __init__(self, options: Mapping[str, object], name: str) -> None:
        self._closed = threading.Event()

    def open(self, since: str | None) -> None:
        self._closed.wait(120)

    def poll(self, timeout: float) -> Sequence[Report]:
        return ()

    def close(self) -> None:
        self._closed.set()

    def status(self) -> DeviceStatus:
        return DeviceStatus()


class Broken(Stuck):
    """Raises what no driver may."""

    def open(self, since: str | None) -> None:
        raise ZeroDivisionError("division by zero")
