"""Builds the gateway from its configuration, starts it, watches over it, stops it.

Threads: one a device, the forwarder, one that signs, one that answers; this one, which looks after them once a second.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from importlib.metadata import version

from contract import audit, messages
from contract.entry import AUDIT
from gateway.checkpoint import Checkpointer
from gateway.clock import Clock, boot_id
from gateway.config import Config, Device
from gateway.device import DeviceLoop
from gateway.disk_watch import DiskWatch
from gateway.drivers.table import create
from gateway.entries import Draft
from gateway.errors import KetukError
from gateway.health import Health, count
from gateway.log.log import Log, LogOptions
from gateway.masking import mask_text
from gateway.mqtt.forwarder import Forwarder
from gateway.notify import Notifier
from gateway.owed import Owed
from gateway.plain import plain, text_of
from gateway.punch import Place
from gateway.receipts import Receipts
from gateway.recorder import Recorder
from gateway.supervisor import Supervisor

logger = logging.getLogger(__name__)

TICK_S = 1.0
EXPIRE_EVERY_S = 3600.0
STOP_S = 5.0  # a clean stop takes no longer
_RUN = "@run"  # where the state file says how the last run ended
_CLOCK = "@clock"  # and until when the clock could be trusted
_SET_ASIDE = 10  # entries that the broker refused, in the health message


class App:
    """One gateway. `run` returns when `stop` is set."""

    def __init__(self, config: Config, *, allow_volatile: bool = False, supervisor: Supervisor | None = None) -> None:
        """Opens the log. Raises ConfigError, LogLocked, LogError."""
        self._config = config
        self._source = f"/{config.site.id}/{config.gateway.id}"
        self._clock = Clock(config.site.zone, config.clock.trust)
        self._makers = [partial(create, device.driver, device.options, device.id) for device in config.devices]
        for make in self._makers:
            make()  # a wrong option must fail now, not in a thread
        max_bytes = config.log.max_mb * 1_000_000
        self.log = Log(
            config.gateway.data,
            LogOptions(
                gateway=config.gateway.id,
                source=self._source,
                now=self._clock.text,
                confirm=config.broker.confirm,
                max_bytes=max_bytes,
                segment_bytes=config.log.segment_kb * 1000,
                allow_volatile=allow_volatile,
            ),
        )
        self._clock_kept = self.log.cursor(_CLOCK) or ""
        self._clock.recall(self._clock_kept)
        self._disk = DiskWatch(self.log, config.gateway.data, self._source, max_bytes)
        self._owed = Owed(self._append, self._clock.text, self._disk.failed)
        self._health = Health(self.log, self._clock, self._disk)
        self._checkpoints = Checkpointer(self.log, config.gateway.data, self._source)
        self._receipts = Receipts(
            self.log, config.gateway.data, (config.site.id, config.gateway.id), config.central.key
        )
        self._supervisor = supervisor or Supervisor()
        self._notifier = Notifier()
        self._expired_at = time.monotonic()
        self._forwarder = Forwarder(
            config.broker,
            config.site.id,
            config.gateway.id,
            self.log,
            version=version("ketuk"),
            health=self.health,
            commands={messages.PING: self._ping, messages.SYNC_CLOCK: self._clocks, messages.USERS: self._users},
            audit=self._owed.record,
            birth=self._checkpoints.birth,
        )

    def run(self, stop: threading.Event) -> None:
        """Start everything, tend it until `stop`, stop everything within STOP_S."""
        self._tell_start()
        self._checkpoints.start()  # first, since the birth message names its key
        self._forwarder.start()
        for device, make in zip(self._config.devices, self._makers, strict=True):
            self._supervisor.add(partial(self._loop, device, make))
        self._notifier.ready()
        logger.info("%s: running, log %s, %d devices", self._source, self.log.marks().logid, len(self._config.devices))
        try:
            while not stop.wait(TICK_S):
                self._tick()
        finally:
            self._shut_down()

    def health(self) -> dict[str, object]:
        """The facts of the health message."""
        loops = [worker.loop for worker in self._supervisor.workers]
        drivers = [device.driver for device in self._config.devices]
        return {**self._health.facts(list(zip(loops, drivers, strict=False))), "link": self._link()}

    def _link(self) -> dict[str, object]:
        state = self._forwarder.snapshot()
        return {
            "published": self.log.marks().published,
            "in_flight": state.in_flight,
            "central": state.central,
            "last_error": mask_text(text_of(state.last_error or "", 300)),
            "warning": mask_text(text_of(state.warning or "", 300)),
            "set_aside": [[sequence, text_of(why, 100)] for sequence, why in state.set_aside[:_SET_ASIDE]],
            **asdict(state.counters),
        }

    def _loop(self, device: Device, make: Callable[[], object], stop: threading.Event) -> DeviceLoop:
        place = Place(self._config.site.id, device.id, self._config.site.zone)
        recorder = Recorder(place, self.log, self._clock, max_drift_s=self._config.clock.max_drift_s)
        return DeviceLoop(
            make,  # type: ignore[arg-type]
            recorder,
            stop,
            room=lambda: self._disk.room,
            disk_failed=self._disk.failed,
        )

    def _tick(self) -> None:
        chores = (
            self._tend_clock,
            self._tend_devices,
            self._disk.check,
            self._owed.settle,
            self._receipts.check,
            self.log.keep_marks,
            self._expire,
        )
        for chore in chores:
            try:
                chore()
            except Exception:  # whatever one of them meets, the devices are recorded on
                logger.exception("%s failed; the gateway goes on", chore.__name__)
        self._notifier.watchdog()

    def _tend_clock(self) -> None:
        for event in self._clock.check():
            logger.warning("clock: %s %s", event.event, event.detail)
            self._owed.record(event.event, event.detail)
        memory = self._clock.memory()
        if memory != self._clock_kept:
            self.log.keep_cursor(_CLOCK, memory)
            self._clock_kept = memory

    def _tend_devices(self) -> None:
        for restart in self._supervisor.check():
            self._owed.record("driver-restarted", restart._asdict())

    def _expire(self) -> None:
        """Old segments go by age only when the time is certain."""
        if time.monotonic() - self._expired_at < EXPIRE_EVERY_S:
            return
        self._expired_at = time.monotonic()
        oldest = self._clock.now() - timedelta(days=self._config.log.keep_days)
        gone = self.log.expire(oldest.isoformat() if self._clock.trusted else None)
        if gone:
            logger.info("deleted %d delivered segments older than %d days", gone, self._config.log.keep_days)

    def _tell_start(self) -> None:
        ended = self.log.cursor(_RUN)
        detail: dict[str, object] = {
            "version": version("ketuk"),
            "boot": boot_id(),
            "last_run": {"running": "killed", "stopped": "stopped"}.get(ended or "", "unknown"),
            "clock": self._clock.state,
        }
        self.log.keep_cursor(_RUN, "running")
        self.log.keep_marks()  # whoever kills us in the next second is to be told of, too
        self._owed.record("software-started", detail)

    def _append(self, event: str, detail: dict[str, object]) -> None:
        self.log.append([Draft(AUDIT, self._source, audit.data(event, plain(detail)))])

    def _shut_down(self) -> None:
        """Devices first, so that nothing new comes; then the log's last entries; then the line."""
        self._notifier.stopping()
        deadline = time.monotonic() + STOP_S - 1
        for name in self._supervisor.stop(STOP_S / 2):
            logger.warning("%s: did not let go in time; its records are read again at the next start", name)
        self._owed.record("software-stopped", {})
        self._checkpoints.stop()
        if not self._forwarder.stop(max(deadline - time.monotonic(), 0.5)):
            logger.warning("the line to the broker did not end in time; what is open is sent at the next start")
        self.log.keep_cursor(_RUN, "stopped")
        self.log.close()
        logger.info("%s: stopped", self._source)

    # Commands of the centre

    def _ping(self, command: dict[str, object]) -> dict[str, object]:
        del command
        marks = self.log.marks()
        return {"time": self._clock.text(), "clock": self._clock.state, "logid": marks.logid, "next": marks.next}

    def _clocks(self, command: dict[str, object]) -> dict[str, object]:
        """The devices' offsets at the last look; they are looked at again now, and set where they are wrong."""
        loops = self._loops(command)
        for loop in loops:
            loop.want_look()
        return {"clock": self._clock.state, "offsets_s": {loop.name: loop.recorder.offset_s for loop in loops}}

    def _users(self, command: dict[str, object]) -> dict[str, object]:
        """How many people each device knows; never who."""
        return {"users": {loop.name: count(loop.status().users) for loop in self._loops(command)}}

    def _loops(self, command: dict[str, object]) -> list[DeviceLoop]:
        """Of the device that the command names, or of all."""
        loops = [worker.loop for worker in self._supervisor.workers]
        wanted = command.get("device")
        if wanted is None:
            return loops
        found = [loop for loop in loops if loop.name == wanted]
        if not found:
            raise KetukError(f"there is no device {text_of(wanted, 32)!r} here")
        return found
