"""Where the entries are kept: SQLite or PostgreSQL behind one small protocol, the same tables in both.

database.py   what is asked of a database; sqlite.py and postgres.py do it
tables.py     the columns that are written
migrations.py the numbered files of sql/, each applied once
books.py      the verbs of the centre: what is asked of the tables
"""

from central.store.database import Database


def open_database(url: str, *, slow_s: float = 10.0) -> Database:
    """The database of a URL as `[database] url` has it, not connected yet. `slow_s`: see `central.config.Database`.

    PostgreSQL's driver is imported only here. Raises ModuleNotFoundError where it is not installed.
    """
    if url.startswith("sqlite:"):
        from central.store.sqlite import Sqlite

        return Sqlite(url.removeprefix("sqlite:"), busy_s=slow_s)
    from central.store.postgres import Postgres

    return Postgres(url, slow_s=slow_s)
