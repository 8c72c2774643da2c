"""Keeps every device's thread alive: a dead one is started again, a hung one is freed, or left behind and replaced.

Nothing here waits for a driver: its `close` runs in a thread of its own, since it may hang as well.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gateway.device import DeviceLoop

logger = logging.getLogger(__name__)

HUNG_S = 120.0  # without a sign of life: the driver is closed from here
LEFT_S = 30.0  # more, and the thread is given up: a blocked call cannot be ended in Python
MOST_LEFT = 5  # threads of one device that were left behind and still hang; no more are added to them
AGAIN_S = (1.0, 300.0)  # first and longest pause before a thread that ended is started again

MakeLoop = Callable[[threading.Event], DeviceLoop]


class Restart(NamedTuple):
    """A driver was started anew."""

    device: str
    how: Literal["closed", "left behind", "thread ended"]
    restarts: int
    """Threads that were started for the device after its first."""


@dataclass(slots=True)
class Worker:
    """A device's present loop and its thread."""

    make: MakeLoop
    loop: DeviceLoop
    stop: threading.Event
    thread: threading.Thread
    restarts: int = 0
    interrupted: bool = False
    not_before: float = 0.0
    """`time.monotonic()` from which on its thread may be started again."""
    left: list[threading.Thread] = field(default_factory=list)


@dataclass(slots=True)
class Supervisor:
    """Starts, watches and stops the loops. Called from the main thread only."""

    hung_after: float = HUNG_S
    left_after: float = LEFT_S
    workers: list[Worker] = field(default_factory=list)

    def add(self, make: MakeLoop) -> None:
        """Start a device."""
        stop = threading.Event()
        loop = make(stop)
        self.workers.append(Worker(make, loop, stop, _started(loop)))

    def check(self) -> list[Restart]:
        """Look at every worker; those whose driver was started anew just now."""
        return [restart for worker in self.workers if (restart := self._tend(worker)) is not None]

    def stop(self, timeout: float) -> list[str]:
        """Stop all loops; the names of devices whose driver did not let go within `timeout` seconds altogether."""
        deadline = time.monotonic() + timeout
        for worker in self.workers:
            worker.stop.set()
        for worker in self.workers:
            _interrupt(worker.loop)
        for worker in self.workers:
            worker.thread.join(max(deadline - time.monotonic(), 0))
        return [worker.loop.name for worker in self.workers if worker.thread.is_alive()]

    def _tend(self, worker: Worker) -> Restart | None:
        if not worker.thread.is_alive():
            return self._revive(worker)
        idle = worker.loop.idle_for()
        if idle < self.hung_after:
            worker.interrupted = False
            return None
        if not worker.interrupted:
            logger.error("%s: driver hangs for %d s; closing it", worker.loop.name, idle)
            worker.interrupted = True
            _interrupt(worker.loop)
            return Restart(worker.loop.name, "closed", worker.restarts)
        return self._leave(worker) if idle >= self.hung_after + self.left_after else None

    def _revive(self, worker: Worker) -> Restart | None:
        """Its thread ended, which none should: not again and again without a pause."""
        now = time.monotonic()
        if now < worker.not_before:
            return None
        worker.not_before = now + min(AGAIN_S[0] * 2 ** min(worker.restarts, 10), AGAIN_S[1])
        logger.error("%s: its thread ended; starting it again", worker.loop.name)
        worker.loop.abandon(0)
        return self._replace(worker, "thread ended")

    def _leave(self, worker: Worker) -> Restart | None:
        worker.left = [thread for thread in worker.left if thread.is_alive()]
        if len(worker.left) >= MOST_LEFT:
            worker.loop.state, worker.loop.problem = "silent", f"{len(worker.left)} drivers hang: restart the gateway"
            logger.critical("%s: %s", worker.loop.name, worker.loop.problem)
            return None
        if not worker.loop.abandon(self.hung_after + self.left_after):
            return None
        logger.error("%s: driver cannot be freed; leaving it behind and starting another", worker.loop.name)
        worker.left.append(worker.thread)
        return self._replace(worker, "left behind")

    def _replace(self, worker: Worker, how: Literal["left behind", "thread ended"]) -> Restart:
        worker.stop = threading.Event()
        worker.loop = worker.make(worker.stop)
        worker.thread = _started(worker.loop)
        worker.restarts += 1
        worker.interrupted = False
        return Restart(worker.loop.name, how, worker.restarts)


def _started(loop: DeviceLoop) -> threading.Thread:
    thread = threading.Thread(target=loop.run, name=f"device[{loop.name}]", daemon=True)
    thread.start()
    return thread


def _interrupt(loop: DeviceLoop) -> None:
    threading.Thread(target=loop.interrupt, name=f"close[{loop.name}]", daemon=True).start()
