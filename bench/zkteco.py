"""ZKTeco terminals: a long log read for the first time, punches at fifty doors at once, and doors that nobody uses.

The terminals are simulated, in a process of their own, and send as slowly as real ones do where nothing else is said.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from zk import ZK

from bench.doors import Doors
from bench.material import folder, open_log, raw
from bench.report import Row, median, percentile
from gateway.clock import Clock
from gateway.device import DeviceLoop
from gateway.drivers.table import create
from gateway.drivers.zkteco import memory
from gateway.log.log import Log
from gateway.punch import Place
from gateway.recorder import Recorder
from tests.brokers import Mosquitto
from tests.zkteco.office import Office

SITE = "kec-pampangan"
JAKARTA = ZoneInfo("Asia/Jakarta")
ROUNDS = 3
IDLE_DOORS = 10
SETTLE_S = 10.0
"""For the logs that are read at first, and what the broker is told of them."""
APART_S = 0.02
"""Between two punches: at 50 doors one a second each, as at the start of work."""


def rows(*, quick: bool) -> Iterator[Row]:
    """Budgets hold for the full sizes."""
    yield from _backfill(10_000, at_most=None)
    if not quick:
        yield from _backfill(100_000, at_most=1.3)
    yield from _live(10 if quick else 50, 200 if quick else 1500)
    yield from _idle(10 if quick else 30)


# A log read for the first time


def _backfill(records: int, *, at_most: float | None) -> Iterator[Row]:
    """From the first packet to the last record: on our disk, chained, or in a list of pyzk's objects.

    pyzk cuts each record off the front of what is left, so its time grows with the square of the log.
    """
    ours, theirs = [], []
    with _terminal(records) as port:
        for _ in range(ROUNDS):
            theirs.append(_with_pyzk(port, records))
            ours.append(_with_gateway(port, records))
    peer = "pyzk get_attendance, nothing kept"
    yield Row(f"back-fill of {records:,}", median(ours), "s", peer, median(theirs), at_most=at_most)
    yield Row(f"back-fill of {records:,}", records / median(ours), "records/s", peer, records / median(theirs))


def _with_pyzk(port: int, records: int) -> float:
    before = time.perf_counter()
    connection = ZK("127.0.0.1", port, timeout=60, ommit_ping=True).connect()
    found = connection.get_attendance()
    spent = time.perf_counter() - before
    connection.disconnect()
    if len(found) != records:
        raise RuntimeError(f"pyzk found {len(found)} records of {records}")
    return spent


def _with_gateway(port: int, records: int) -> float:
    memory._memories.clear()  # a terminal that we meet for the first time
    with folder() as place, _gateway(place, {"pintu-depan": port}) as (_, recorders):
        before = time.perf_counter()
        while recorders[0].tally.punches < records:
            time.sleep(0.002)
        return time.perf_counter() - before


@contextmanager
def _terminal(records: int) -> Iterator[int]:
    """`ketuk sim terminal`; its port."""
    options = ["--port", "0", "--users", "100", "--records", str(records)]
    command = [sys.executable, "-m", "gateway.cli", "sim", "terminal", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(json.loads(process.stdout.readline())["port"])
        process.terminate()


@contextmanager
def _gateway(place: Path, terminals: Mapping[str, int]) -> Iterator[tuple[Log, list[Recorder]]]:
    """Driver, device loop, recorder and log of each terminal, as `gateway.app` builds them; no line to anywhere."""
    log, stop, clock = open_log(place / "data"), threading.Event(), Clock(JAKARTA, "system")
    recorders = [Recorder(Place(SITE, name, JAKARTA), log, clock, max_drift_s=2.0) for name in terminals]
    threads = []
    for recorder, (name, port) in zip(recorders, terminals.items(), strict=True):
        make = partial(create, "zkteco", {"host": "127.0.0.1", "port": port, "timeout": 60}, name)
        loop = DeviceLoop(make, recorder, stop, room=lambda: True, disk_failed=print)
        threads.append(threading.Thread(target=loop.run))
    for thread in threads:
        thread.start()
    try:
        yield log, recorders
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
        log.close()


# Punches


def _live(count: int, punches: int) -> Iterator[Row]:
    """From just before the terminal takes a punch until watchers of the log are told of its entry, which is on disk."""
    names = [f"pintu-{number}" for number in range(count)]
    with Doors(count) as doors, folder() as place, _gateway(place, _ports(names, doors)) as (log, _):
        doors.ready()
        watcher, floor = _Watcher(log), _Floor(place / "floor")
        punched = doors.people_punch(punches, APART_S)
        seen = watcher.seen(punches)
        syncs = floor.end()
    spent = []
    for door, name in enumerate(names):
        made = [one.at for one in punched if one.door == door]
        found = [at for source, at in seen if source == f"/{SITE}/{name}"]
        spent += [(after - before) * 1000 for before, after in zip(made, found, strict=True)]
    what = f"punch to log entry, {count} terminals"
    yield Row(f"{what}, median", median(spent), "ms")
    yield Row(f"{what}, p99", percentile(spent, 0.99), "ms", at_most=50)
    yield Row("of the disk meanwhile: write + fdatasync, p99", percentile(syncs, 0.99), "ms")


def _ports(names: list[str], doors: Doors) -> dict[str, int]:
    return dict(zip(names, doors.ports, strict=True))


class _Watcher:
    """Notes when the log has each entry on disk; what they are is looked up afterwards."""

    def __init__(self, log: Log) -> None:
        self._log, self._first = log, log.marks().next
        self._reached: list[tuple[int, float]] = []
        log.watch(lambda newest: self._reached.append((newest, time.monotonic())))

    def seen(self, count: int) -> list[tuple[str, float]]:
        """(source, `time.monotonic()`) of so many punches, in the order of the log."""
        deadline = time.monotonic() + 60
        found: list[tuple[str, float]] = []
        while len(found) < count and time.monotonic() < deadline:
            time.sleep(0.1)
            found = [
                (json.loads(entry.raw)["source"], self._when(entry.sequence))
                for entry in self._log.replay(self._first, self._log.marks().next - 1)
                if entry.kind == "punch"
            ]
        return found

    def _when(self, sequence: int) -> float:
        return next(at for newest, at in self._reached if newest >= sequence)


class _Floor(threading.Thread):
    """What the disk alone takes, at the same rate and at the same time: on a busy machine that is most of it."""

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self._file, self._over = file, threading.Event()
        self._spent: list[float] = []
        self.start()

    def run(self) -> None:
        with self._file.open("ab", buffering=0) as file:
            while not self._over.wait(APART_S):
                before = time.monotonic()
                file.write(raw(1))
                os.fdatasync(file.fileno())
                self._spent.append((time.monotonic() - before) * 1000)

    def end(self) -> list[float]:
        """Milliseconds of each."""
        self._over.set()
        self.join()
        return self._spent


# Nobody there


def _idle(seconds: float) -> Iterator[Row]:
    """The real `ketuk run` with the driver's own intervals, connected to its broker: share of one core."""
    with Doors(IDLE_DOORS, records=1000) as doors, folder() as place, Mosquitto(place) as broker:
        keys = {f"pintu-{number}": {"host": "127.0.0.1", "port": port} for number, port in enumerate(doors.ports)}
        with Office(place, keys, {"url": broker.url, "confirm": "broker"}) as gateway:
            doors.ready()
            time.sleep(SETTLE_S)
            before = _cpu_seconds(gateway.pid)
            time.sleep(seconds)
            used = _cpu_seconds(gateway.pid) - before
            gateway.stop()
    yield Row(f"idle, {IDLE_DOORS} terminals, {seconds:g} s", used / seconds * 100, "% of a core", at_most=3)


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
