"""The ZKTeco driver behind `gateway.reading.Driver`: who may call what from where, and nothing else."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.config_tables import read
from gateway.drivers.zkteco import memory
from gateway.drivers.zkteco import place as places
from gateway.drivers.zkteco.memory import Memory
from gateway.drivers.zkteco.place import Place
from gateway.drivers.zkteco.terminal import Identity, Options, Terminal
from gateway.drivers.zkteco.watch import Watch
from gateway.errors import DeviceSilent
from gateway.reading import ClockReading, DeviceStatus, Finding, Report


class ZktecoDriver:
    """One terminal. `close` and `status` may come from any thread, everything else from one."""

    def __init__(self, options: Options, name: str) -> None:
        self._options = options
        self._name = name
        self._using = threading.Lock()
        self._memory = Memory()
        self._status = DeviceStatus()
        self._terminal: Terminal | None = None
        self._watch: Watch | None = None
        self._first: list[Report] = []

    def open(self, since: str | None) -> None:
        """Connect, find out who it is, subscribe. Raises DriverError; DeviceRefused for a wrong comm key."""
        self.close()
        with self._using:
            terminal = self._terminal = Terminal(self._options, self._name)
            try:
                identity = terminal.connect()
                terminal.subscribe()
            except BaseException:
                terminal.hang_up()
                raise
            self._memory = memory.of(self._name, identity.serial)
            self._status = DeviceStatus(serial=identity.serial, model=identity.model, firmware=identity.firmware)
            known = places.from_text(since)
            self._first = _changes(known, identity)
            place = known if known is not None and known.serial == identity.serial else None
            self._watch = Watch(terminal, identity, self._options, self._memory, place)

    def poll(self, timeout: float) -> Sequence[Report]:
        """What is new: the clock, live punches, and the log by and by. Raises DriverError."""
        with self._using:
            if self._first:
                first, self._first = self._first, []
                return first
            reports = self._opened().poll(timeout)
            sizes = self._memory.sizes
            self._status = replace(self._status, records=sizes.records, capacity=sizes.capacity, users=sizes.users)
            return reports

    def close(self) -> None:
        """Let go of the terminal; from any thread, ends a call that is under way."""
        terminal = self._terminal
        if terminal is None:
            return
        if self._using.acquire(blocking=False):
            try:
                terminal.leave()
                self._terminal = self._watch = None
            finally:
                self._using.release()
        else:
            terminal.hang_up()

    def status(self) -> DeviceStatus:
        """What is known; callable from any thread."""
        terminal = self._terminal
        progress = terminal.progress if terminal else ""
        return replace(self._status, progress=f"reading log {progress}" if progress else "")

    def reread(self) -> None:
        """Read the log soon: a person's punch bears a second at which that person had punched before."""
        with self._using:
            self._opened().want_read()

    def read_clock(self) -> ClockReading:
        """The terminal's clock, now. Raises DriverError."""
        with self._using:
            return self._opened().read_clock()

    def set_clock(self, local_time: str) -> None:
        """Set the terminal's clock. Raises DriverError, and ValueError for what is not a time of 2000 to 2099."""
        with self._using:
            self._opened().set_clock(local_time)

    def _opened(self) -> Watch:
        if self._watch is None:
            raise DeviceSilent(f"{self._name}: not connected")
        return self._watch


def _changes(known: Place | None, identity: Identity) -> list[Report]:
    """What is different from the terminal that we knew at this address."""
    if known is None:
        return []
    serial, before, now = identity.serial, known.firmware, identity.firmware
    if known.serial != serial:
        detail: dict[str, object] = {"before": known.serial, "now": serial}
        return [Finding("serial-changed", serial, detail, key=f"{known.serial}:{known.all}")]
    if before and before != now:
        return [Finding("firmware-changed", serial, {"before": before, "now": now}, key=f"{before}:{now}:{known.all}")]
    return []


def create(options: Mapping[str, object], name: str) -> ZktecoDriver:
    """The factory of `gateway.drivers.table`. Raises ConfigError with a line for each wrong option."""
    return ZktecoDriver(read(Options, options, f"device[{name}]"), name)
