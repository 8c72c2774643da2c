"""A gateway's log that is to be carried, and a folder for a stick."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import texts
from tests.carry.office import Carried, Centre


@pytest.fixture
def carried(quick_path: Path) -> Carried:
    return Carried(quick_path)


@pytest.fixture(autouse=True)
def indonesian() -> Iterator[None]:
    """Commands choose a language for the whole process."""
    yield
    texts.choose(texts.DEFAULT)


@pytest.fixture
def centre(quick_path: Path) -> Iterator[Centre]:
    """With SQLite."""
    centre = Centre(quick_path, "sqlite:central.db")
    yield centre
    centre.close()
