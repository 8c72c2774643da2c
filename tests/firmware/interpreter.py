"""Starts the real MicroPython and reads what it says.

A file of `tests/firmware/device/` is a module of MicroPython with functions `test_…`; `device/run.py` calls them all in
one process and prints a line for each. `cases` names them for pytest, `outcome` runs their file (once) and tells how
one of them went.
"""

import ast
import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DEVICE = Path(__file__).parent / "device"
PROGRAM = Path(sys.executable).with_name("micropython")
PATIENCE = 150.0


class Ran(NamedTuple):
    """One run of the interpreter."""

    code: int
    output: str

    def value(self, name: str) -> str:
        """What a line `name=value` said."""
        found = [line[len(name) + 1 :] for line in self.output.splitlines() if line.startswith(name + "=")]
        assert len(found) == 1, f"{len(found)} lines {name}=… in:\n{self.output}"
        return found[0]


def command(script: Path, *arguments: str, heap: str = "2m") -> list[str]:
    """How to run `script` under MicroPython with so large a heap."""
    return [str(PROGRAM), "-X", f"heapsize={heap}", str(script), *arguments]


def environment(*folders: Path) -> dict[str, str]:
    """MicroPython looks for modules in these folders, then in the repository and in what it was built with."""
    path = ":".join([*map(str, folders), str(DEVICE), str(ROOT), ".frozen"])
    return {**os.environ, "MICROPYPATH": path}


def run(
    script: Path, *arguments: str, heap: str = "2m", folders: tuple[Path, ...] = (), patience: float = PATIENCE
) -> Ran:
    """Run a script to its end; what it prints to either stream is the output."""
    done = subprocess.run(
        command(script, *arguments, heap=heap),
        env=environment(*folders),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=patience,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(errors="replace"))


def cases(folder: Path = DEVICE) -> list[tuple[Path, str]]:
    """(file, function) of every test in the `case_*.py` of a folder."""
    return [
        (path, node.name)
        for path in sorted(folder.glob("case_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


@functools.cache
def _ran(path: Path, heap: str, folder: Path) -> Ran:
    return run(DEVICE / "run.py", str(path), str(folder), heap=heap)


def check(path: Path, name: str, folder: Path, heap: str = "2m") -> None:
    """Fail unless the function `name` of the file ran and passed. `folder` is where its flash files go."""
    ran = _ran(path, heap, folder)
    lines = ran.output.splitlines()
    assert f"ok {name}" in lines, f"{path.name}: {name} did not pass (exit {ran.code}):\n{ran.output[-6000:]}"
