"""Each test of the store runs on SQLite and on Debian's PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.store import open_database
from central.store.database import Database
from central.store.migrations import migrate
from tests.central.books import Centre
from tests.postgres import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'central.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.database())


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = open_database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def centre(database: Database) -> Centre:
    return Centre(database)
