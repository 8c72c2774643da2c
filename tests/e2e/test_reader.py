"""An ESP32 reader that talks to the centre by itself: from the card to the database, and the proof of its log there."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.central.running import CentreProcess, write_config
from tests.e2e.office import until
from tests.firmware.program import NAME, SITE, UID, Reader, options

SECRET = "7c" * 32


def config(folder: Path, broker: Mosquitto, secret: str) -> Path:
    """A centre that believes checkpoints made with this secret."""
    keys = folder / "keys"
    keys.write_text(f"{SITE}/{NAME} hmac 7 {secret}\n")
    keys.chmod(0o600)
    return write_config(
        folder / "central.toml", broker.url, f"sqlite:{folder / 'central.db'}", trust={"keys": str(keys)}
    )


def verify(centre: Path) -> tuple[int, dict[str, Any]]:
    """`ketuk central verify`: its exit code and what it found in the one log."""
    command = [sys.executable, "-m", "gateway.cli", "central", "verify", "-c", str(centre), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert len(found["logs"]) == 1, done.stdout + done.stderr
    return done.returncode, found["logs"][0]


def test_from_the_card_to_the_database_and_its_proof(mosquitto: Mosquitto, tmp_path: Path) -> None:
    centre = config(tmp_path, mosquitto, SECRET)
    wiring = options(mosquitto, more={"mac": {"key": SECRET, "number": "7", "every_s": 1}})

    def rows(question: str, *values: object) -> list[Any]:
        with sqlite3.connect(f"file:{tmp_path / 'central.db'}?mode=ro", uri=True) as database:
            return database.execute(question, values).fetchall()

    with CentreProcess(centre) as running, Reader(tmp_path / "device", wiring) as reader:
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        reader.do("cut power 0")
        assert reader.do("tap DEADBEEF")["shown"][0] == "Tercatat"
        until((tmp_path / "central.db").exists)
        until(lambda: len(rows("SELECT 1 FROM punch")) == 2)
        last = max(sequence for (sequence,) in rows("SELECT sequence FROM punch"))
        until(lambda: rows("SELECT 1 FROM entry WHERE kind = 'checkpoint' AND sequence > ?", last) != [])
        assert running.stop() == 0
    subjects = rows("SELECT subject FROM punch ORDER BY sequence")
    assert subjects == [(f"card:{UID}",), ("card:DEADBEEF",)]
    code, log = verify(centre)
    assert code == 0, log
    assert (log["problems"], log["first"]) == ([], 1)
    assert log["verified_to"] >= last
    # Whoever does not have the reader's secret can make no such log.
    code, log = verify(config(tmp_path, mosquitto, "7d" * 32))
    assert (code, log["verified_to"]) == (1, 0)
    assert {problem["kind"] for problem in log["problems"]} == {"bad-signature"}
