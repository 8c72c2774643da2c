"""Each test of the store runs on SQLite and on Debian's PostgreSQL."""

from collections.abc import Iterator

import pytest

from central.store import open_database
from central.store.database import Database
from central.store.migrations import migrate
from tests.central.books import Centre


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = open_database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def centre(database: Database) -> Centre:
    return Centre(database)
