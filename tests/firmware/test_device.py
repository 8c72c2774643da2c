"""Every test of `device/case_*.py`, one by one."""

from pathlib import Path

import pytest

from tests.firmware import interpreter

CASES = interpreter.cases()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("device")


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem[5:]}-{name[5:]}" for path, name in CASES])
def test_under_micropython(path: Path, name: str, folder: Path) -> None:
    interpreter.check(path, name, folder)


def test_there_are_cases() -> None:
    assert len(CASES) > 20
