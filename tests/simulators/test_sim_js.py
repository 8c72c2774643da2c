"""Two clients of the npm registry, unmodified, against the simulated terminal.

They are installed once into pytest's cache; without npm, or with its registry out of reach, the tests say so and are
skipped.
"""

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.zkteco import TerminalServer
from simulators.zkteco.clock import moment
from tests.simulators.rawterminal import wall

HERE = Path(__file__).parent / "js"
PACKAGES = ("zkteco-js", "node-zklib")


@pytest.fixture(scope="module")
def scripts(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and the clients they need."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    cache = pytestconfig.cache
    folder = Path(cache.mkdir("sim-js")) if cache else tmp_path_factory.mktemp("sim-js")
    for file in HERE.iterdir():
        shutil.copy(file, folder)
    if not all((folder / "node_modules" / package / "package.json").exists() for package in PACKAGES):
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund"], check=False, cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"npm cannot install {', '.join(PACKAGES)}: {done.stderr.strip().splitlines()[-1]}")
    return folder


def run(scripts: Path, script: str, package: str, terminal: TerminalServer, *more: str) -> "subprocess.Popen[str]":
    command = ["node", script, package, terminal.host, str(terminal.port), *more]
    environment = {"TZ": "UTC", "PATH": str(Path(shutil.which("node") or "node").parent)}
    return subprocess.Popen(
        command, cwd=scripts, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return [json.loads(line) for line in output.splitlines()]


def next_line(process: "subprocess.Popen[str]") -> object:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("records", [3, 2000], ids=["small", "in-chunks"])
def test_zkteco_js_lists_users_and_records(scripts: Path, records: int) -> None:
    with TerminalServer(serial="OKI5", users=20, records=records, now=lambda: wall("2026-05-04T12:00:00")) as terminal:
        (seen,) = finish(run(scripts, "read.js", "zkteco-js", terminal))
        users, punches = terminal.users(), terminal.records()
    assert seen["info"] == {"userCounts": 20, "logCounts": records, "logCapacity": 100_000}
    assert (seen["serial"], seen["name"]) == ("OKI5", "F18/ID")
    assert seen["time"] == "2026-05-04T12:00:00.000Z"
    assert [(user["uid"], user["userId"], user["name"]) for user in seen["users"]] == [
        (user.uid, user.user_id, user.name) for user in users
    ]
    assert [(row["user_id"], row["record_time"][4:24], row["type"], row["state"]) for row in seen["records"]] == [
        (punch.user_id, f"{moment(punch.stamp):%b %d %Y %H:%M:%S}", punch.verify, punch.state) for punch in punches
    ]
    assert terminal.counters.bad_checksums == 0


def test_node_zklib_lists_users_and_records(scripts: Path) -> None:
    with TerminalServer(users=20, records=3500, now=lambda: wall("2026-05-04T12:00:00")) as terminal:
        (seen,) = finish(run(scripts, "read.js", "node-zklib", terminal))
        users, punches = terminal.users(), terminal.records()
    assert seen["info"] == {"userCounts": 20, "logCounts": 3500, "logCapacity": 100_000}
    assert seen["error"] is None
    assert [(user["uid"], user["userId"]) for user in seen["users"]] == [(user.uid, user.user_id) for user in users]
    assert [(row["deviceUserId"], row["recordTime"]) for row in seen["records"]] == [
        (punch.user_id, f"{moment(punch.stamp).isoformat()}.000Z") for punch in punches
    ]


def test_node_zklib_lists_users_and_records_over_udp(scripts: Path) -> None:
    """It falls back to UDP where TCP is refused. Of a user number it reads the lower 16 bits."""
    with TerminalServer("zem-udp", users=60, records=900, now=lambda: wall("2026-05-04T12:00:00")) as terminal:
        (seen,) = finish(run(scripts, "read.js", "node-zklib", terminal))
        users, punches = terminal.users(), terminal.records()
    assert seen["info"] == {"userCounts": 60, "logCounts": 900, "logCapacity": 50_000}
    assert seen["error"] is None
    assert [(user["uid"], user["userId"], user["name"]) for user in seen["users"]] == [
        (user.uid, int(user.user_id), user.name[:8]) for user in users
    ]
    assert [(row["deviceUserId"], row["recordTime"]) for row in seen["records"]] == [
        (int(punch.user_id), f"{moment(punch.stamp).isoformat()}.000Z") for punch in punches
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_live_events_reach_them(scripts: Path, package: str) -> None:
    now = [wall("2026-05-04T12:00:00")]
    with TerminalServer(users=3, now=lambda: now[0]) as terminal:
        process = run(scripts, "live.js", package, terminal, "2")
        assert next_line(process) == "subscribed"
        terminal.punch("1002")
        assert next_line(process) == {"userId": "1002", "attTime": "2026-05-04T12:00:00.000Z"}
        now[0] += timedelta(seconds=61)
        terminal.punch("1003", "out", "face")
        assert finish(process) == [{"userId": "1003", "attTime": "2026-05-04T12:01:01.000Z"}]
