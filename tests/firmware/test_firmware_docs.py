"""docs/firmware.md is true: its settings load, its session runs, its pins, files and figures are those of the code."""

import json
import re
import subprocess
import sys
from pathlib import Path

from provisioning.image import READERS, Release, compiled
from tests.brokers import Mosquitto
from tests.documents import ROOT, fenced
from tests.firmware.interpreter import run

TEXT = (ROOT / "docs" / "firmware.md").read_text()
CHECK = """
import json, sys
from firmware import config
print("settings=" + json.dumps(config.check(sys.argv[1].encode())))
"""


def settings(given: str, folder: Path) -> dict[str, object]:
    """What the firmware makes of a config.json."""
    script = folder / "check.py"
    script.write_text(CHECK)
    ran = run(script, given)
    assert ran.code == 0, ran.output
    found: dict[str, object] = json.loads(ran.value("settings"))
    return found


def test_the_least_settings_load_and_the_pins_are_those_of_the_table(tmp_path: Path) -> None:
    [least] = fenced(TEXT, "json")
    loaded = settings(least, tmp_path)
    pins = {f"pins.{name}": int(number) for name, number in re.findall(r"\| `([a-z]+)` \| (\d+)", TEXT)}
    assert pins == {key: value for key, value in loaded.items() if key.startswith("pins.")}


def test_every_kind_of_reader_is_named() -> None:
    assert all(f"`{kind}`" in TEXT for kind in READERS)


def test_the_session_can_be_played(broker: Mosquitto) -> None:
    [block] = re.findall(r"((?:    .+\n)+)", TEXT[TEXT.index("## Trying it") :])
    program, *lines = [line.strip() for line in block.splitlines()]
    words = program.replace("mqtt://127.0.0.1:1883", broker.url).split()
    assert words[0] == "ketuk"
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *words[1:]],
        input="\n".join([*lines, "quit", ""]),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines) + 2, done.stderr
    assert all(answer["ok"] for answer in answers), answers
    assert answers[1]["shown"][0] == "Tercatat"


def test_every_file_of_the_firmware_is_in_its_place() -> None:
    table = TEXT[TEXT.index("## The files") : TEXT.index("## The log")]
    named = set(re.findall(r"`([a-z0-9_/]+?\.py|[a-z]+/)`", table))
    top = {path.name for path in (ROOT / "firmware").glob("*.py")} - {"__init__.py", "version.py", "manifest.py"}
    assert top <= named, top - named
    assert all((ROOT / "firmware" / name).exists() for name in named)


def test_the_sizes_are_those_that_are_told() -> None:
    def thousands(kind: str | None) -> float:
        return sum(map(len, compiled(Release("0.1.0", 1, kind=kind)).values())) / 1000

    found = re.search(r"for an MFRC522, has ([\d.]+) thousand", TEXT)
    assert found is not None
    assert abs(thousands("mfrc522") - float(found.group(1))) < 0.6
    assert max(map(thousands, READERS)) == thousands("mfrc522")
    everything = re.search(r"every kind of reader, as a build without `kind` makes it, has (\d+) thousand", TEXT)
    assert everything is not None
    assert abs(thousands(None) - float(everything.group(1))) < 1
