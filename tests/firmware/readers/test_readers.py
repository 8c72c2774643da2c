"""Every test of `device/case_*.py`, one by one, and what the source must keep to."""

import ast
from pathlib import Path

import pytest

from tests.firmware import interpreter

HERE = Path(__file__).parent
CASES = interpreter.cases(HERE / "device")
FROM_MICROPYTHON = {"asyncio", "collections", "micropython", "time"}
FROM_BOTH = {"asyncio", "time"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem[5:]}-{name[5:]}" for path, name in CASES])
def test_under_micropython(path: Path, name: str, folder: Path) -> None:
    interpreter.check(path, name, folder)


def test_every_file_of_cases_is_there() -> None:
    files = {path.stem for path, _name in CASES}
    assert {"case_iso14443", "case_mfrc522", "case_mfrc522_random", "case_pn532", "case_r307", "case_serial"} <= files


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize(
    "path", sorted((interpreter.ROOT / "firmware/readers").glob("*.py")), ids=lambda path: path.stem
)
def test_a_reader_imports_no_hardware_and_nothing_else_of_the_firmware(path: Path) -> None:
    others = {name for name in _imported(path) if not name.startswith("firmware.readers")}
    assert others <= FROM_MICROPYTHON


READER_CHIPS = (
    *("activation", "cards", "field", "pins", "uart"),
    *("mfrc522", "mfrc522_bank", "mfrc522_core", "mfrc522_registers"),
    *("pn532", "pn532_wires", "r307", "rdm6300", "wiegand"),
)


@pytest.mark.parametrize("name", READER_CHIPS)
def test_a_simulated_chip_shares_nothing_with_the_driver(name: str) -> None:
    imported = _imported(interpreter.ROOT / f"simulators/chips/{name}.py")
    assert {one for one in imported if not one.startswith("simulators.chips")} <= FROM_BOTH
