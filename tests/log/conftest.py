"""Fixtures of the log's tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 - memory is what is meant


@pytest.fixture(scope="session")
def _quick_root() -> Iterator[Path]:
    where = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    root = Path(tempfile.mkdtemp(prefix="ketuk-test-", dir=where))
    yield root
    shutil.rmtree(root)


@pytest.fixture
def quick_path(_quick_root: Path) -> Path:
    """A folder in memory where there is one: for thousands of small logs whose disk is simulated anyway."""
    return Path(tempfile.mkdtemp(dir=_quick_root))


@pytest.fixture(scope="module")
def quick_module_path(_quick_root: Path) -> Path:
    """The same, one for a module."""
    return Path(tempfile.mkdtemp(dir=_quick_root))
