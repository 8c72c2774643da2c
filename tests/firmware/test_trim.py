"""The contract on a reader: what nobody names is left out, and nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.image import READERS, ROOT, Release, modules, sources
from provisioning.trim import trimmed

GREETINGS = """
from collections import OrderedDict
from contract.words import POLITE, RUDE

LOUD = POLITE + "!"
QUIET = POLITE + "."
_count = 0

def greet(name):
    return _polish(name) + LOUD

def _polish(name):
    return name.strip()

def insult(name):
    return OrderedDict(((name, RUDE),))
"""
WORDS = 'POLITE = "good day"\nRUDE = "go away"\nOTHER: "str" = "what"\n'


def names(source: str) -> set[str]:
    """What a module defines or imports at its top."""
    found: set[str] = set()
    body = ast.parse(source).body
    for node in [*body, *(inner for one in body if isinstance(one, ast.If) for inner in one.body)]:
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found.add(ast.unparse(target))
    return found


@pytest.mark.parametrize(
    "user", ["from contract.greetings import greet\n", "from contract import greetings\nprint(greetings.greet('x'))\n"]
)
def test_what_nobody_names_is_left_out_through_every_module(user: str) -> None:
    cut = trimmed({"contract.greetings": GREETINGS, "contract.words": WORDS, "firmware.door": user})
    assert names(cut["contract.greetings"]) == {"POLITE", "LOUD", "greet", "_polish"}
    assert names(cut["contract.words"]) == {"POLITE"}
    assert cut["firmware.door"] == user


def test_the_firmware_itself_stays_as_it_is() -> None:
    for name, source in sources(Release("0", 0)).items():
        if name.startswith("firmware.") and name not in ("firmware.version", "firmware.boot"):
            assert source == (ROOT / (name.replace(".", "/") + ".py")).read_text()


@pytest.mark.parametrize("kind", READERS)
def test_no_name_is_missing_on_board(kind: str, tmp_path: Path) -> None:
    on_board = sources(Release("0", 0, kind=kind))
    assert len(on_board) == len(modules(kind))
    for name, source in on_board.items():
        (tmp_path / f"{name}.py").write_text(source)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module in on_board:
                missing = {alias.name for alias in node.names} - names(on_board[node.module])
                missing -= {alias.name for alias in node.names if f"{node.module}.{alias.name}" in on_board}
                assert not missing, f"{name} imports {missing} of {node.module}"
    ruff = Path(sys.executable).with_name("ruff")
    command = [ruff, "check", "--isolated", "--no-cache", "--select", "F821", "--quiet", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_slot_does_not_choose_slots() -> None:
    boot = sources(Release("0", 0))["firmware.boot"]
    assert {"read_state", "write_state", "current", "other"} <= names(boot)
    assert "choose" not in names(boot)
    assert "__main__" not in boot


def test_entries_are_written_and_never_read() -> None:
    entry = sources(Release("0", 0))["contract.entry"]
    assert "build" in names(entry)
    assert "parse" not in names(entry)
