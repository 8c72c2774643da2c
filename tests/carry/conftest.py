"""A gateway's log that is to be carried, and a folder for a stick."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import texts
from tests.carry.office import Carried
from tests.log.logs import quick_folder


@pytest.fixture(scope="session")
def _quick_root() -> Iterator[Path]:
    root = quick_folder()
    yield root
    shutil.rmtree(root)


@pytest.fixture
def quick_path(_quick_root: Path) -> Iterator[Path]:
    """A folder in memory where there is one."""
    folder = Path(tempfile.mkdtemp(dir=_quick_root))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def carried(quick_path: Path) -> Carried:
    return Carried(quick_path)


@pytest.fixture(autouse=True)
def indonesian() -> Iterator[None]:
    """Commands choose a language for the whole process."""
    yield
    texts.choose(texts.DEFAULT)
