"""A terminal whose log is as long as a log can be, on the real `ketuk run` without a line to anywhere."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from gateway.log.log import Log, LogOptions
from simulators.zkteco import Punch, TerminalServer, clock
from tests.e2e.office import GATEWAY, SITE, until
from tests.zkteco.office import Office

DEVICE = "pintu-depan"
NOWHERE = {"url": "mqtt://127.0.0.1:9"}
"""A broker that is not there: everything stays in the log."""
PATIENCE = 300.0


class Reading(NamedTuple):
    """What reading a whole log took."""

    seconds: float
    """From the start of the process until the last punch was on disk and the log's place remembered."""
    memory_mb: float
    """Most resident memory of the process."""


def office(folder: Path, terminal: TerminalServer) -> Office:
    keys: dict[str, object] = {"host": terminal.host, "port": terminal.port, "reconcile": 0.3, "quiet": 0.3}
    return Office(folder, {DEVICE: keys}, NOWHERE, max_mb=1000)


def place(data: Path) -> int:
    """How many records of the terminal's log the gateway says it has read."""
    try:
        kept = json.loads((data / "state.json").read_text())["devices"].values()
        cursors = [json.loads(one["cursor"]) for one in kept if one["device"] == DEVICE]
    except (OSError, ValueError, KeyError):
        return 0
    return max((int(cursor["count"]) for cursor in cursors), default=0)


def read_all(gateway: Office, terminal: TerminalServer) -> Reading:
    """Start the gateway, wait until it has read the terminal's log, and stop it."""
    commands = terminal.counters.commands
    reads, records = commands.get("FREE_DATA", 0), len(terminal.records())
    began = time.monotonic()
    gateway.start()
    until(lambda: commands.get("FREE_DATA", 0) > reads and place(gateway.data) >= records, PATIENCE)
    took = time.monotonic() - began
    looks = commands["GET_FREE_SIZES"]
    until(lambda: commands["GET_FREE_SIZES"] >= looks + 3, PATIENCE)
    memory = gateway.status("VmHWM") / 1024
    assert gateway.stop() == 0
    return Reading(took, memory)


def opened(data: Path) -> Log:
    """The log of a gateway that does not run."""
    options = LogOptions(
        gateway=GATEWAY, source=f"/{SITE}/{GATEWAY}", now=lambda: "2026-11-24T07:00:00+07:00", allow_volatile=True
    )
    return Log(data, options)


def recorded(data: Path) -> Counter[tuple[str, str, str]]:
    """(id, person, terminal's time) of every punch in the present epoch."""
    log = opened(data)
    try:
        events = (json.loads(entry.raw) for entry in log.replay(1, log.marks().next) if entry.kind == "punch")
        return Counter((one["id"], one["subject"], one["data"]["device"]["time"]) for one in events)
    finally:
        log.close()


def held(terminal: TerminalServer) -> Counter[tuple[str, str]]:
    return Counter((f"pin:{punch.user_id}", clock.text(punch.stamp)) for punch in terminal.records())


def work_alone(terminal: TerminalServer, count: int) -> list[Punch]:
    """People punch for a month while no gateway is there."""
    users = [user.user_id for user in terminal.users()]
    return [terminal.punch(users[number % len(users)], "out" if number % 2 else "in") for number in range(count)]
