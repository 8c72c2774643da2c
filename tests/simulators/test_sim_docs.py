"""What docs/simulators.md shows is what happens: its sessions are replayed, its program is run."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.zkteco.console import VERBS
from simulators.zkteco.profile import CHANGEABLE
from simulators.zkteco.profiles import PROFILES

PAGE = (Path(__file__).parents[2] / "docs" / "simulators.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```sim\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def holds(shown: Any, seen: Any) -> bool:
    """Whether all that the page shows was there; an answer may tell more."""
    if isinstance(shown, dict):
        return all(key in seen and holds(value, seen[key]) for key, value in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(seen) and all(map(holds, shown, seen))
    if isinstance(shown, float):
        return bool(seen == pytest.approx(shown, abs=0.5))
    return bool(shown == seen)


@pytest.mark.parametrize("session", SESSIONS, ids=range(len(SESSIONS)))
def test_a_session_goes_as_shown(session: str) -> None:
    first, *lines = session.splitlines()
    arguments = shlex.split(first.removeprefix("$ ketuk "))
    commands = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
    shown = [json.loads(line) for line in lines if not line.startswith("> ")]
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments],
        check=True,
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(shown) == len(seen) == len(commands) + 1
    for one_shown, one_seen in zip(shown, seen, strict=True):
        assert holds(one_shown, one_seen), one_seen


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_runs(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_something_to_try() -> None:
    assert (len(SESSIONS), len(PROGRAMS)) == (3, 1)


def test_every_command_and_profile_is_told_of() -> None:
    page = PAGE.replace("\\|", "|")
    for verb in VERBS.values():
        assert f"`{verb.usage}`" in page, verb.usage
    for name in PROFILES:
        assert f"`{name}`" in page


def test_the_table_of_profiles_is_right() -> None:
    table = {
        row.split("|")[1].strip(): [cell.strip() for cell in row.split("|")[2:-1]]
        for row in PAGE[PAGE.index("### The four profiles") :].splitlines()
        if row.startswith("| ")
    }
    for place, profile in enumerate(PROFILES.values()):
        assert table["users, bytes each"][place] == str(profile.user_length)
        assert table["log rows (`attlog_layout`)"][place].split(",")[0] in profile.attlog_layout
        assert table["live event, bytes"][place] == str(profile.event_length)
        assert table["sizes, bytes"][place].split(",")[0] == str(profile.sizes_length)
        assert (table["buffered read (1503)"][place] == "yes") is profile.buffered_read
        assert (table["user ids"][place] == "numbers only") is profile.numbers_only
        spoken = {"TCP": profile.tcp, "UDP": profile.udp}
        assert {name for name, speaks in spoken.items() if speaks} == set(table["transport"][place].split(" and "))
    assert "event_length" in CHANGEABLE
