"""Fixtures of the log's tests."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def quick_module_path(quick_root: Path) -> Path:
    """As `quick_path`, one for a module."""
    return Path(tempfile.mkdtemp(dir=quick_root))
