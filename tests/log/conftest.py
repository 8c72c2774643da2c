"""Fixtures of the log's tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.log.logs import quick_folder


@pytest.fixture(scope="session")
def _quick_root() -> Iterator[Path]:
    root = quick_folder()
    yield root
    shutil.rmtree(root)


@pytest.fixture
def quick_path(_quick_root: Path) -> Iterator[Path]:
    """A folder in memory where there is one: for thousands of small logs whose disk is simulated anyway."""
    folder = Path(tempfile.mkdtemp(dir=_quick_root))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def quick_module_path(_quick_root: Path) -> Path:
    """The same, one for a module."""
    return Path(tempfile.mkdtemp(dir=_quick_root))
