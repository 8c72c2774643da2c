"""docs/clock-forgery.md: its texts are written by people; what it quotes is what `ketuk log` shows after each story.

A quoted block starts with ```console STORY (the log of that story), or with ```console STORY ENTRY (one entry of it in
full: `punch` for the latecomer's, or the word of an audit entry).
"""

import contextlib
import os
import pty
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tests.documents import ROOT
from tests.forgery.morning import DEVICE, Morning
from tests.forgery.stories import LATECOMER, STORIES

DOCUMENT = ROOT / "docs" / "clock-forgery.md"
WIDTH = 190
_QUOTED = re.compile(r"```console ([a-z-]+)(?: ([a-z-]+))?\n.*?```", re.S)

Entries = list[dict[str, Any]]


def renewed(text: str, folder: Path) -> str:
    """The document with all that it quotes as it comes out now. The stories happen, all at once; it takes a while."""
    names = sorted({name for name, _ in _QUOTED.findall(text)})
    with ThreadPoolExecutor(len(names)) as pool:
        told = dict(zip(names, pool.map(partial(_played, folder), names, range(len(names))), strict=True))

    def quoted(found: re.Match[str]) -> str:
        name, entry = found.groups()
        command = ["log", "ls", "data", "--device", DEVICE, "--unmask"]
        if entry:
            command = ["log", "show", _sequence(told[name], entry), "data"]
        said = _on_a_terminal(command, folder / name)
        return f"```console {' '.join(filter(None, found.groups()))}\n$ ketuk {' '.join(command)}\n{said}\n```"

    return _QUOTED.sub(quoted, text)


def normalised(text: str) -> list[str]:
    """Its lines, without what differs from one playing to the next: numbers, hashes, the width of columns, and where
    a line is cut off."""
    text = re.sub(r', "compared_at".*?…', "…", text)
    text = re.sub(r"\b[0-9a-f]{8,}\b", "#", text)
    text = re.sub(r"-?\d+(\.\d+)?", "0", text)
    return re.sub(r"[ ─]+", " ", text).splitlines()


def _played(folder: Path, name: str, number: int) -> Entries:
    (folder / name).mkdir()
    with Morning(folder / name, f"OKI202400011{number}") as morning:
        STORIES[name](morning)
    return morning.gateway.entries


def _sequence(entries: Entries, wanted: str) -> str:
    """Of the entry that a block wants to show."""
    latecomer = f"pin:{LATECOMER}"
    return next(
        str(int(entry["sequence"]))
        for entry in entries
        if wanted == (entry["data"].get("event") or ("punch" if entry["subject"] == latecomer else ""))
    )


def _on_a_terminal(command: list[str], folder: Path) -> str:
    """What `ketuk` writes on a terminal without colours."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": str(WIDTH), "LINES": "50"}
    argv = [sys.executable, "-m", "gateway.cli", *command]
    with subprocess.Popen(argv, cwd=folder, env=env, stdout=theirs) as process:
        os.close(theirs)
        parts = []
        with contextlib.suppress(OSError):  # how a pty says that the other side is gone
            while part := os.read(ours, 65536):
                parts.append(part)
        os.close(ours)
    assert process.returncode == 0, f"ketuk {' '.join(command)} ended with {process.returncode}"
    lines = b"".join(parts).decode().rstrip().splitlines()
    return "\n".join(line.rstrip() for line in lines)
