"""Keeps every device's thread alive: a dead one is started again, a hung one is freed, or left behind and replaced."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.device import DeviceLoop

logger = logging.getLogger(__name__)

HUNG_S = 120.0  # without a sign of life: the driver is closed from here
LEFT_S = 30.0  # more, and the thread is given up: a blocked call cannot be ended in Python

MakeLoop = Callable[[threading.Event], DeviceLoop]


@dataclass(slots=True)
class Worker:
    """A device's present loop and its thread."""

    make: MakeLoop
    loop: DeviceLoop
    stop: threading.Event
    thread: threading.Thread
    restarts: int = 0
    interrupted: bool = False


@dataclass(slots=True)
class Supervisor:
    """Starts, watches and stops the loops. Called from the main thread only."""

    hung_after: float = HUNG_S
    left_after: float = LEFT_S
    workers: list[Worker] = field(default_factory=list)

    def add(self, make: MakeLoop) -> None:
        """Start a device."""
        self.workers.append(self._worker(make))

    def check(self) -> list[Worker]:
        """Look at every worker; those whose driver was started anew just now."""
        return [worker for worker in self.workers if self._tend(worker)]

    def stop(self, timeout: float) -> list[str]:
        """Stop all loops; the names of devices whose driver did not let go within `timeout` seconds altogether."""
        for worker in self.workers:
            worker.stop.set()
        for worker in self.workers:
            worker.loop.interrupt()
        share = timeout / max(len(self.workers), 1)
        for worker in self.workers:
            worker.thread.join(share)
        return [worker.loop.name for worker in self.workers if worker.thread.is_alive()]

    def _worker(self, make: MakeLoop) -> Worker:
        stop = threading.Event()
        loop = make(stop)
        thread = threading.Thread(target=loop.run, name=f"device[{loop.name}]", daemon=True)
        thread.start()
        return Worker(make, loop, stop, thread)

    def _tend(self, worker: Worker) -> bool:
        if not worker.thread.is_alive():
            logger.error("%s: its thread ended; starting it again", worker.loop.name)
            self._replace(worker)
            return True
        idle = worker.loop.idle_for()
        if idle < self.hung_after:
            worker.interrupted = False
            return False
        if not worker.interrupted:
            logger.error("%s: driver hangs for %d s; closing it", worker.loop.name, idle)
            worker.interrupted = True
            worker.loop.interrupt()
            return False
        if idle < self.hung_after + self.left_after:
            return False
        logger.error("%s: driver cannot be freed; leaving it behind and starting another", worker.loop.name)
        self._replace(worker)
        return True

    def _replace(self, worker: Worker) -> None:
        worker.stop.set()
        fresh = self._worker(worker.make)
        worker.loop, worker.stop, worker.thread = fresh.loop, fresh.stop, fresh.thread
        worker.restarts += 1
        worker.interrupted = False
