"""The numbered files of sql/: each is applied once, in order, in a transaction of its own; all can be applied again."""

from datetime import UTC, datetime
from importlib.resources import files
from string import Template
from typing import NamedTuple

from central.errors import SchemaError
from central.store.database import Database, Sql, as_text

_WORDS = {
    "sqlite": {
        "name": "TEXT",
        "time": "TEXT",
        "local": "TEXT",
        "bytes": "BLOB",
        "int": "INTEGER",
        "real": "REAL",
        "bool": "INTEGER",
        "false": "0",
        "strict": " STRICT",
        "key": "entry",
        "later": "max",
        "event": "json_extract(CAST(raw AS TEXT), '$.data.event')",
        "detail": "json_extract(CAST(raw AS TEXT), '$.data.detail')",
        "join": "logid, sequence",
    },
    "postgres": {
        "name": 'text COLLATE "C"',
        "time": "timestamptz",
        "local": "timestamp",
        "bytes": "bytea",
        "int": "bigint",
        "real": "double precision",
        "bool": "boolean",
        "false": "false",
        "strict": "",
        "key": "entry_key",
        "later": "greatest",
        "event": "convert_from(raw, 'UTF8')::json #>> '{data,event}'",
        "detail": "convert_from(raw, 'UTF8')::json #> '{data,detail}'",
        "join": "logid, sequence, received",
    },
}


class Migration(NamedTuple):
    """One file."""

    number: int
    name: str
    text: str


def migrations(dialect: str) -> list[Migration]:
    """Those of a dialect, in order: `0001-name.sql` for both, `0002-name.sqlite.sql` for one."""
    found = []
    for file in (files("central.store") / "sql").iterdir():
        stem, *kind = file.name.removesuffix(".sql").split(".")
        if file.name.endswith(".sql") and kind in ([], [dialect]):
            number, _, name = stem.partition("-")
            found.append(Migration(int(number), name, Template(file.read_text()).substitute(_WORDS[dialect])))
    return sorted(found)


def migrate(database: Database) -> list[str]:
    """Bring the tables to this version's; what was applied. Raises StoreError; SchemaError for a newer database."""
    wanted = migrations(database.dialect)
    with database.transaction() as sql:
        sql.lock("migrations")
        sql.script(_OWN_TABLE)
    applied = []
    for migration in wanted:
        with database.transaction() as sql:
            sql.lock("migrations")
            if not sql.rows("SELECT 1 FROM schema_version WHERE number = ?", (migration.number,)):
                _apply(sql, migration)
                applied.append(f"{migration.number:04d}-{migration.name}")
    check(database)
    return applied


def check(database: Database) -> None:
    """Raises SchemaError when the database is not at this version."""
    wanted = migrations(database.dialect)[-1].number
    with database.transaction(read_only=True) as sql:
        newest = _newest(sql, database)
    if newest > wanted:
        raise SchemaError(f"{database.name}: made by a newer Ketuk (schema {newest}, this one knows {wanted}): update")
    if newest < wanted:
        raise SchemaError(f"{database.name}: schema {newest}, {wanted} is needed: start `ketuk central run` once")


def _newest(sql: Sql, database: Database) -> int:
    sqlite = "SELECT name FROM sqlite_master WHERE name = 'schema_version'"
    postgres = "SELECT relname FROM pg_class WHERE oid = to_regclass('schema_version')"
    if not sql.rows(sqlite if database.dialect == "sqlite" else postgres):
        return 0
    found = sql.rows("SELECT max(number) FROM schema_version")[0][0]
    return int(found or 0)


def _apply(sql: Sql, migration: Migration) -> None:
    sql.script(migration.text)
    sql.run(
        "INSERT INTO schema_version VALUES (?, ?, ?)", (migration.number, migration.name, as_text(datetime.now(UTC)))
    )


_OWN_TABLE = """
CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY, name text NOT NULL, at text NOT NULL);
"""
