"""PostgreSQL through psycopg 3. Rows go in as arrays, one statement for a whole batch, whatever its size.

`synchronous_commit` is set to on for every session: a COMMIT that returned is on disk, whatever the server's default.
"""

import functools
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from central.entries import instant
from central.errors import RefusedError, StoreError
from central.store.arrays import writer
from central.store.database import Row, Table
from central.store.tables import ENTRY, ENTRY_KEY

logger = logging.getLogger(__name__)

_CONNECT_S = 5
_LOCK_MS = 1000
_TIMES = 4096  # texts whose times are remembered: a burst has few
_NUL = "\N{REPLACEMENT CHARACTER}"
_ROWS = "<rows>"


class Postgres:
    """The database of a libpq URL. `slow_s`: a statement that takes longer than six times that is given up."""

    dialect = "postgres"

    def __init__(self, url: str, *, slow_s: float = 10.0) -> None:
        self._url, self._slow_s = url, slow_s
        self.name = f"PostgreSQL {_named(url)}"
        self._connection: psycopg.Connection[Row] | None = None

    @contextmanager
    def transaction(self, *, read_only: bool = False, pipelined: bool = False) -> Iterator["PostgresSql"]:
        try:
            connection = self._connected()
            with _pipelined(connection) if pipelined else connection.transaction():
                if read_only:
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    connection.execute("SET LOCAL statement_timeout TO 0")
                    # Without statistics it would look up row after row of a million.
                    connection.execute("SET LOCAL enable_nestloop TO off")
                yield PostgresSql(connection)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise RefusedError(f"{self.name}: {_line(error)}") from error
        except psycopg.Error as error:
            self.close()
            raise StoreError(f"{self.name}: {_line(error)}") from error

    def prepare(self, now: datetime) -> None:
        """A partition of `entry` for this month and the next. While somebody reads for long (a backup, a verification)
        that would have to wait, and everything else behind it; then it is left for the next time."""
        first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for _ in range(2):
            following = (first + timedelta(days=32)).replace(day=1)
            try:
                with self.transaction() as sql:
                    sql.run(f"SET LOCAL lock_timeout TO {_LOCK_MS}")
                    sql.lock("partitions")
                    _add_partition(sql, first, following)
            except StoreError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
                logger.info("%s: the partition of %s waits: %s", self.name, first.date(), error)
            first = following

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> "psycopg.Connection[Row]":
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(
                self._url,
                connect_timeout=_CONNECT_S,
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
                tcp_user_timeout=round(self._slow_s * 3000),
                application_name="ketuk",
                autocommit=True,
            )
            connection.execute("SET synchronous_commit TO on")
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute(f"SET statement_timeout TO {round(self._slow_s * 6000)}")
            self._connection = connection
        return self._connection


class PostgresSql:
    """See `central.store.database.Sql`; psycopg's own errors are turned into StoreError by the transaction."""

    for_update = " FOR UPDATE"

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        found: list[Row] = self._execute(statement, values).fetchall()
        return found

    def run(self, statement: str, values: Sequence[object] = ()) -> None:
        self._execute(statement, values)

    def run_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_own(statement), [_clean(row) for row in rows])

    def insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        if table is ENTRY:
            keys = [ENTRY.columns[name] for name in ENTRY_KEY.columns]
            self._insert(ENTRY_KEY, [row[: len(keys)] for row in rows])
        self._insert(table, rows)

    def update(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        columns = ",".join(f'"{name}"' for name in table.columns)
        changes = ",".join(f'"{name}" = new."{name}"' for name in table.columns if name not in table.key)
        which = " AND ".join(f'{table.name}."{name}" = new."{name}"' for name in table.key)
        self._whole(f"UPDATE {table.name} SET {changes} FROM {_ROWS} AS new ({columns}) WHERE {which}", table, rows)  # noqa: S608 - names of ours

    def _insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        columns = ",".join(f'"{name}"' for name in table.columns)
        statement = f"INSERT INTO {table.name} ({columns}) SELECT * FROM {_ROWS} ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours
        self._whole(statement, table, rows)

    def _whole(self, statement: str, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """A statement that takes all of `rows` where it says _ROWS."""
        if rows:
            kinds = table.columns.values()
            values = ",".join(f"%s::{kind}[]" for kind in kinds)
            arrays = [writer(kind)(column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]
            self._connection.execute(statement.replace(_ROWS, f"unnest({values})").encode(), arrays, prepare=True)

    def stream(self, statement: str, values: Sequence[object], kinds: Sequence[str]) -> Iterator[Row]:
        # COPY: the server goes on while we look at what it sent; a cursor would make each wait for the other.
        query = _own(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)")
        with self._connection.cursor() as cursor, cursor.copy(query, _clean(values)) as copy:
            copy.set_types(kinds)
            yield from copy.rows()

    def instant(self, text: str | None) -> object:
        return _instant(text)

    def local(self, text: str | None) -> object:
        when = _instant(text)
        return None if when is None else when.replace(tzinfo=None, microsecond=0)

    def script(self, text: str) -> None:
        self._connection.execute(text.encode())

    def lock(self, what: str) -> None:
        self.run("SELECT pg_advisory_xact_lock(hashtext(?))", (f"ketuk {what}",))

    def _execute(self, statement: str, values: Sequence[object]) -> Any:
        return self._connection.execute(_own(statement), _clean(values))


@contextmanager
def _pipelined(connection: "psycopg.Connection[Row]") -> Iterator[None]:
    """What psycopg's own transaction does in a pipeline, without its three more turns of waiting."""
    try:
        with connection.pipeline():
            connection.execute("BEGIN")
            yield
            connection.execute("COMMIT")
    except BaseException:
        # After an error the server leaves out everything up to the end of the pipeline, a COMMIT included.
        if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()
        raise


def _add_partition(sql: "PostgresSql", first: datetime, following: datetime) -> None:
    name = f"entry_{first:%Y_%m}"
    if sql.rows("SELECT to_regclass(?)", (name,))[0][0] is not None:
        return
    # What came while there was no partition for it is in the default one, and would hinder the new one.
    month = (first, following)
    if not sql.rows("SELECT 1 FROM entry_default WHERE received >= ? AND received < ? LIMIT 1", month):
        span = f"FROM ('{first.isoformat()}') TO ('{following.isoformat()}')"
        sql.run(f"CREATE TABLE {name} PARTITION OF entry FOR VALUES {span}")


_instant = functools.lru_cache(_TIMES)(instant)


def _own(statement: str) -> Any:
    return statement.replace("%", "%%").replace("?", "%s")


def _clean(values: Sequence[object]) -> list[object]:
    """PostgreSQL's text cannot hold NUL; the exact bytes of an entry are kept elsewhere."""
    return [value.replace("\0", _NUL) if isinstance(value, str) else value for value in values]


def _named(url: str) -> str:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "of database.url"
    where = parts.get("host") or "local"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"{parts.get('dbname') or parts.get('user') or ''} on {where}{port}"


def _line(error: psycopg.Error) -> str:
    """One line, without the statement that PostgreSQL shows with a caret."""
    text = error.diag.message_primary or str(error)
    return " ".join(text.split()) or type(error).__name__
