"""SQLite: zero set-up, one file. WAL with synchronous=FULL: a COMMIT that returned survives a power cut.

Source for that: sqlite.org/pragma.html#pragma_synchronous, sqlite.org/wal.html.
"""

import functools
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from central.entries import instant
from central.errors import RefusedError, StoreError
from central.store.database import Row, Table, as_text, marks

_BATCH = 500
_CACHE_KIB = 32 * 1024
_TIMES = 4096  # texts whose times are remembered: a burst has few


class Sqlite:
    """The database in `file`, made when it is not there (in a folder that is)."""

    dialect = "sqlite"

    def __init__(self, file: str, *, busy_s: float = 10.0) -> None:
        self.name = f"SQLite {file}"
        self._file, self._busy_s = file, busy_s
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self, *, read_only: bool = False, pipelined: bool = False) -> Iterator["SqliteSql"]:  # noqa: ARG002
        try:
            connection = self._connected()
            # IMMEDIATE: the lock is taken now, so that what is read stays true until the COMMIT.
            connection.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
            try:
                yield SqliteSql(connection)
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError) as error:
            raise RefusedError(f"{self.name}: {error}") from error
        except sqlite3.Error as error:
            self.close()
            raise StoreError(f"{self.name}: {error}") from error

    def prepare(self, now: datetime) -> None:
        """Nothing: there are no partitions."""

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error as error:
                raise StoreError(f"{self.name}: {error}") from error

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            if not Path(self._file).parent.is_dir():
                raise StoreError(f"{self.name}: there is no folder {Path(self._file).parent}")
            connection = sqlite3.connect(
                self._file, timeout=self._busy_s, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            connection.execute("PRAGMA foreign_keys=ON")
            self._connection = connection
        return self._connection

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is not None and connection.in_transaction:
            connection.execute("ROLLBACK")


class SqliteSql:
    """See `central.store.database.Sql`; sqlite3's own errors are turned into StoreError by the transaction."""

    for_update = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(statement, _plain(values)).fetchall()

    def run(self, statement: str, values: Sequence[object] = ()) -> None:
        self._connection.execute(statement, _plain(values))

    def run_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(statement, (_plain(row) for row in rows))

    def insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        columns = ",".join(f'"{name}"' for name in table.columns)
        statement = f"INSERT INTO {table.name} ({columns}) VALUES {marks(len(table.columns))} ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours
        self._connection.executemany(statement, rows)

    def update(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        # Numbered, so that the key's values need not stand at the end.
        numbers = {name: number for number, name in enumerate(table.columns, start=1)}
        changes = ",".join(f'"{name}" = ?{number}' for name, number in numbers.items() if name not in table.key)
        which = " AND ".join(f'"{name}" = ?{numbers[name]}' for name in table.key)
        self._connection.executemany(f"UPDATE {table.name} SET {changes} WHERE {which}", rows)  # noqa: S608 - names of ours

    def stream(self, statement: str, values: Sequence[object], kinds: Sequence[str]) -> Iterator[Row]:  # noqa: ARG002
        cursor = self._connection.execute(statement, _plain(values))
        cursor.arraysize = _BATCH
        yield from cursor

    def instant(self, text: str | None) -> object:
        return _instant(text)

    def local(self, text: str | None) -> object:
        return _local(text)

    def script(self, text: str) -> None:
        statement = ""
        for line in text.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self._connection.execute(statement)
                statement = ""
        if statement.strip():
            self._connection.execute(statement)

    def lock(self, what: str) -> None:
        """A write transaction is alone already."""


@functools.lru_cache(_TIMES)
def _instant(text: str | None) -> str | None:
    usual = _USUAL(text or "")
    if usual is None:
        when = instant(text)
        return None if when is None else as_text(when)
    minute = _minute(usual[1], usual[4])
    return None if minute is None else f"{minute}:{usual[2]}.{usual[3] or '':0<6}Z"


def _local(text: str | None) -> str | None:
    usual = _USUAL(text or "")
    if usual is None:
        when = instant(text)
        return None if when is None else as_text(when.replace(tzinfo=None))
    minute: str = usual[1]
    return None if _minute(minute, usual[4]) is None else f"{minute[:10]} {minute[11:]}:{usual[2]}"


@functools.lru_cache(_TIMES)
def _minute(text: str, zone: str) -> str | None:
    """The minute in UTC: `datetime` takes longest of all when a million entries are verified."""
    when = instant(f"{text}:00{zone}")
    return None if when is None else as_text(when)[:16]


_USUAL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}):([0-5][0-9])(?:\.([0-9]{1,6}))?([+-][0-9]{2}:[0-9]{2}|Z)"
).fullmatch


def _plain(values: Sequence[object]) -> list[object]:
    return [as_text(value) if isinstance(value, datetime) else value for value in values]
