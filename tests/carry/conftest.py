"""A gateway's log that is to be carried, and a folder for a stick."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import texts
from tests.carry.office import Carried, Centre
from tests.log.logs import quick_folder
from tests.postgres import Cluster


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


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgres"])
def each_url(request: pytest.FixtureRequest) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return "sqlite:central.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.database())


@pytest.fixture
def centre(quick_path: Path) -> Iterator[Centre]:
    """With SQLite."""
    centre = Centre(quick_path, "sqlite:central.db")
    yield centre
    centre.close()
