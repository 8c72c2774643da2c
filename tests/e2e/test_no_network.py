"""A site without any network: a stick to the centre, the receipt back; later a network comes; nothing is doubled."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from central.store import open_database
from central.store.database import Database
from gateway.log.view import look
from simulators.zkteco import TerminalServer
from tests.brokers import Mosquitto, free_port
from tests.central.running import CentreProcess, write_config
from tests.e2e import office
from tests.e2e.office import DEVICE, PATIENCE, Gateway, punched, until
from tests.log.logs import event, open_log


def ketuk(*arguments: object) -> list[dict[str, Any]]:
    """The JSON lines of a command that must succeed."""
    command = [sys.executable, "-m", "gateway.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def recorded(gateway: Gateway) -> list[bytes]:
    """The exact entries in the gateway's log, as somebody sees them who does not disturb it."""
    if not (gateway.data / "log").is_dir():
        return []
    present = look(gateway.data).present
    return [] if present is None else [entry.raw for entry in present.read_after(0, 100_000)]


def punches(entries: list[bytes]) -> Counter[tuple[str, str]]:
    events = [event(raw) for raw in entries]
    return Counter(
        (one["subject"].removeprefix("pin:"), one["data"]["device"]["time"])
        for one in events
        if one["type"] == "ketuk.punch.v1"
    )


def held(database: Database) -> list[bytes]:
    with database.transaction(read_only=True) as sql:
        return [bytes(raw) for (raw,) in sql.rows("SELECT raw FROM entry ORDER BY sequence")]


def through(database: Database) -> int:
    with database.transaction(read_only=True) as sql:
        return int((sql.rows("SELECT max(through) FROM log") or [(0,)])[0][0] or 0)


def test_by_stick_and_later_by_network(terminal: TerminalServer, tmp_path: Path, url: str) -> None:
    port, stick = free_port(), tmp_path / "stick"
    stick.mkdir()
    config = write_config(tmp_path / "central.toml", f"mqtt://127.0.0.1:{port}", url)
    broker = {"url": f"mqtt://127.0.0.1:{port}"}
    database = open_database(url)
    with (
        Mosquitto(tmp_path, port=port) as mosquitto,
        CentreProcess(config) as centre,
        Gateway(tmp_path, {DEVICE: terminal.port}, broker, segment_kb=16) as gateway,
    ):
        # A first day with a network; then a storm takes the mast.
        until(lambda: office.marks(gateway).get("confirmed", 0) > 100, 2 * PATIENCE)
        until(lambda: punches(recorded(gateway)) == punched(terminal))
        until(lambda: through(database) == office.marks(gateway)["confirmed"] == len(recorded(gateway)))
        mosquitto.kill()
        mosquitto.wipe()
        for person in range(1, 21):
            terminal.punch(str(person))

        # Without a network: everything is recorded, and nothing can go out.
        until(lambda: punches(recorded(gateway)) == punched(terminal))
        exported = ketuk("log", "export", gateway.data, stick)
        assert exported[0]["first"] > 100, "only what the centre had not confirmed"

        imported = ketuk("central", "import", stick, "-c", config)
        carried = imported[-2]["through"]
        by_stick = imported[-1]["entries"]
        assert (imported[-1]["refused"], imported[-1]["dead"], by_stick >= 20) == (0, 0, True)
        assert carried == exported[-2]["last"]
        assert held(database) == recorded(gateway)[:carried]
        assert punches(held(database)) == punched(terminal)
        assert ketuk("central", "import", stick, "-c", config)[-1]["entries"] == 0

        (taken,) = ketuk("log", "ack", stick, gateway.data)
        assert (taken["state"], taken["through"]) == ("taken", carried)
        assert office.marks(gateway)["confirmed"] == carried
        said = [event(raw)["data"].get("event") for raw in recorded(gateway)]
        assert said.count("receipt-taken") == said.count("central-key-pinned") == 1
        assert ketuk("log", "ack", stick, gateway.data)[0]["state"] == "already"

        # Only what came since is carried the next time.
        terminal.punch("7")
        until(lambda: punches(recorded(gateway)) == punched(terminal))
        assert ketuk("log", "export", gateway.data, stick)[0]["first"] == carried + 1

        # The network comes.
        mosquitto.start()
        until(lambda: through(database) >= len(recorded(gateway)) > carried, 2 * PATIENCE)
        until(lambda: office.marks(gateway)["confirmed"] >= len(recorded(gateway)))
        assert gateway.stop() == 0
        until(lambda: through(database) == len(recorded(gateway)))
        assert centre.stop() == 0
    sums = re.findall(r"(\d+) entries, (\d+) again", centre.said)
    assert sums[-1] == (str(len(recorded(gateway)) - by_stick), "0"), (
        "what was carried did not go over the network, too"
    )
    assert held(database) == recorded(gateway)
    assert punches(held(database)) == punched(terminal)
    assert ketuk("log", "ack", stick, gateway.data)[0]["state"] == "already"
    database.close()
    office.verify(gateway)
    found = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "central", "verify", "-c", str(config), "--json"],
        capture_output=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout.decode()
    log = open_log(gateway.data)
    assert log.expire("2999-01-01T00:00:00+07:00") > 0, "what the receipt confirmed may be forgotten"
    log.close()
