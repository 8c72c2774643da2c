"""What is laid out for a reader, and what is frozen into one: the same modules, all of them, and nothing unknown."""

import ast
from pathlib import Path
from typing import Any

import pytest

from provisioning.image import READERS, ROOT, modules

FIRMWARE = ROOT / "firmware"


def frozen() -> set[str]:
    """What firmware/manifest.py freezes, by MicroPython's rules for manifests (tools/manifestfile.py there)."""
    found: set[str] = set()

    def package(name: str, files: tuple[str, ...] | None = None, base_path: str = ".", opt: int | None = None) -> None:
        base = (FIRMWARE / base_path).resolve()
        assert opt == 3
        paths = [base / name / file for file in files] if files else [*(base / name).rglob("*.py")]
        assert all(path.is_file() for path in paths)
        found.update(path.relative_to(base).as_posix() for path in paths)

    names: dict[str, Any] = {"include": lambda _path: None, "package": package}
    exec((FIRMWARE / "manifest.py").read_text(), names)  # noqa: S102 - as the build of MicroPython does
    return found


def test_the_frozen_reader_has_what_the_laid_out_one_has() -> None:
    laid_out = {path.as_posix() for path in modules()}
    assert frozen() - laid_out == {"firmware/manifest.py", "firmware/device_main.py"}
    assert laid_out <= frozen()


def imported(path: Path) -> set[str]:
    """Modules of ours that a module names in its imports, not counting what only the type checker reads."""
    found: set[str] = set()
    source = path.read_text().replace("if TYPE_CHECKING:", "if False:")
    tree = ast.parse(source)
    hidden = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in hidden:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in found if (ROOT / (name.replace(".", "/") + ".py")).is_file()}


@pytest.mark.parametrize("kind", READERS)
def test_every_import_is_on_board(kind: str) -> None:
    there = {path.with_suffix("").as_posix().replace("/", ".") for path in modules(kind)}
    for path in modules(kind):
        missing = imported(ROOT / path) - there
        assert not missing, f"{path} needs {missing}"


def test_images_and_settings_know_the_same_kinds() -> None:
    tree = ast.parse((FIRMWARE / "config.py").read_text())
    [kinds] = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CHIPS"
    ]
    assert isinstance(kinds, ast.Dict)
    assert {ast.literal_eval(key) for key in kinds.keys if key is not None} == set(READERS)


def test_no_reader_is_forgotten() -> None:
    names = {path.stem for path in (FIRMWARE / "readers").glob("*.py")}
    shared = {"__init__", "presence", "reader", "tap"}
    assert names - shared == {name for kind in READERS.values() for name in kind}


def troubles() -> set[str]:
    """The first argument of every Trouble(…) that a reader makes."""
    found: set[str] = set()
    for path in (FIRMWARE / "readers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Trouble":
                words = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
                found.update(word for word in words if isinstance(word, str))
    return found


def constants(path: Path, name: str) -> Any:
    """The value of a constant of a module of the firmware."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path}: no {name}")


def test_no_trouble_of_a_reader_passes_in_silence() -> None:
    told = set(constants(FIRMWARE / "taps.py", "TROUBLES"))
    written = set(constants(FIRMWARE / "taps.py", "EVIDENCE"))
    assert told | written == troubles()
    assert told <= set(constants(FIRMWARE / "texts.py", "WORDS"))
