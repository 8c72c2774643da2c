"""What tests of several rooms need: a quick folder, a PostgreSQL, an empty database of either kind."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.log.logs import quick_folder
from tests.postgres import Cluster


@pytest.fixture(scope="session")
def quick_root() -> Iterator[Path]:
    """Of the folders below; gone at the end."""
    root = quick_folder()
    yield root
    shutil.rmtree(root)


@pytest.fixture
def quick_path(quick_root: Path) -> Iterator[Path]:
    """A folder in memory where there is one: for thousands of small logs whose disk is simulated anyway."""
    folder = Path(tempfile.mkdtemp(dir=quick_root))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Debian's PostgreSQL, started for these tests."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database; for each kind once."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'central.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.database())
