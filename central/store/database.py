"""What the centre asks of a database. Statements are written once, with `?` for values, in SQL that both speak."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

Row = tuple[Any, ...]


class Table(NamedTuple):
    """Columns that rows are written to, in their order."""

    name: str
    columns: dict[str, str]
    """Name and PostgreSQL type."""
    key: tuple[str, ...]
    """A row whose key is there already is left out."""


class Sql(Protocol):
    """An open transaction. Times are aware `datetime`s on the way in, or as `instant` and `local` made them; use
    `moment` on the way out.

    Every method raises StoreError when the database cannot do it; the transaction is then over.
    """

    for_update: str
    """What a SELECT ends with that is to keep others from the rows until the COMMIT."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]: ...

    def run(self, statement: str, values: Sequence[object] = ()) -> None: ...

    def run_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None: ...

    def insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Write all rows at once, but those whose key is there. Values are as they are stored."""

    def update(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Write all columns of the rows whose keys are there, all at once. Values are as they are stored."""

    def stream(self, statement: str, values: Sequence[object], kinds: Sequence[str]) -> Iterator[Row]:
        """Rows as they are asked for, not all in memory; `kinds`: the PostgreSQL types of their columns. Nothing else
        can be asked of the transaction until the last one was taken."""

    def instant(self, text: str | None) -> object:
        """An RFC 3339 text as it is stored; None where it is none."""

    def local(self, text: str | None) -> object:
        """The same as the clock on the wall showed it."""

    def script(self, text: str) -> None:
        """Several statements without values."""

    def lock(self, what: str) -> None:
        """Until the end of the transaction nobody else may hold the same `what`. Waits for whoever does."""


class Database(Protocol):
    """One database, for one thread. It connects when it has to, and again after an error."""

    dialect: str
    """sqlite or postgres"""
    name: str
    """For messages: never with a password."""

    def transaction(self, *, read_only: bool = False, pipelined: bool = False) -> AbstractContextManager[Sql]:
        """COMMIT at the end, durable when it returns; ROLLBACK when an error leaves the block. Raises StoreError.

        Read-only: everything is seen as it was at the first statement. Pipelined: statements without an answer are sent
        and not waited for, where that is faster; their errors may come with a later one, at the latest with the COMMIT.
        It knows no `stream` and no `script`.
        """

    def prepare(self, now: datetime) -> None:
        """See to whatever has to be there before entries of this month and the next are written."""

    def close(self) -> None:
        """Let go of the connection. May be called twice."""


def moment(value: object) -> datetime | None:
    """A time as a database gave it: `datetime` from PostgreSQL, text from SQLite; None for NULL."""
    if isinstance(value, datetime):
        return value
    return None if value is None else datetime.fromisoformat(str(value))


def as_text(value: datetime) -> str:
    """A time as SQLite keeps it: in UTC, so that the text sorts as the time does; without zone as it is."""
    if value.tzinfo is None:
        return value.isoformat(" ", "seconds")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def marks(count: int) -> str:
    """`(?,?,?)`"""
    return f"({','.join('?' * count)})"
