"""A terminal whose log is as long as a log can be, on the real `ketuk run` without a line to anywhere."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from gateway.log.log import Log, LogOptions
from simulators.zkteco import Punch, TerminalServer, clock
from tests.e2e.office import GATEWAY, SITE, until
from tests.zkteco.office import Office

DEVICE = "pintu-depan"
NOWHERE = {"url": "mqtt://127.0.0.1:9"}
"""A broker that is not there: everything stays in the log."""
PATIENCE = 300.0


class Told(NamedTuple):
    """What the gateway's log says of one punch."""

    id: str
    person: str
    time: str
    shown: str
    """The terminal's own time."""
    origin: str


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


def told(data: Path) -> list[Told]:
    """Every punch in the present epoch, in the log's order."""
    log = opened(data)
    try:
        events = (json.loads(entry.raw) for entry in log.replay(1, log.marks().next) if entry.kind == "punch")
        return [_told(event) for event in events]
    finally:
        log.close()


def _told(event: dict[str, Any]) -> Told:
    data = event["data"]
    return Told(event["id"], event["subject"], event["time"], data["device"]["time"], data["origin"])


def written(terminal: TerminalServer) -> Counter[tuple[str, str, str, str]]:
    """What must be told of every record that the terminal holds, but for its id."""
    shown = ((f"pin:{punch.user_id}", clock.text(punch.stamp)) for punch in terminal.records())
    return Counter((person, f"{time}+07:00", time, "log") for person, time in shown)


def month_to_come(terminal: TerminalServer, count: int) -> list[Punch]:
    """Take the last `count` punches out of a log that nobody has read yet: they are still to come."""
    log = terminal.terminal.log
    punches = list(log)
    log.clear()
    for punch in punches[:-count]:
        log.append(punch)
    return punches[-count:]


def work_alone(terminal: TerminalServer, punches: list[Punch]) -> None:
    """These people punch while no gateway is there."""
    for punch in punches:
        terminal.punch(punch.user_id, "out" if punch.state else "in", stamp=punch.stamp)
