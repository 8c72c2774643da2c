"""TinyDB on the journal, through its public extension points only: `Storage`, `table_class`, `document_class`.

Stock TinyDB reads and rewrites everything for each insert. Here `insert` and `insert_multiple` hand the exact bytes
to the journal, queries read from it entry by entry, and whatever would change an entry is refused.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Never

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Table

from gateway.errors import LogError
from gateway.log.documents import EntryDocument
from gateway.log.journal import Journal


class EntryTable(Table):
    """The one table of a log: append, read, query."""

    document_class = EntryDocument  # type: ignore[assignment]

    def __init__(self, storage: Storage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:  # noqa: FBT001, FBT002 - TinyDB's signature
        """Without a cache: what a query found may have been deleted by retention since, and may be large."""
        super().__init__(storage, name, cache_size, persist_empty)

    @property
    def journal(self) -> Journal:
        storage = self.storage
        assert isinstance(storage, Journal)  # noqa: S101 - EntryDB makes no other
        return storage

    def insert(self, document: Mapping[str, Any]) -> int:
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Append entries, in order; durable when it returns. Raises OSError, and then none of them counts."""
        batch = list(documents)
        if not all(isinstance(document, EntryDocument) for document in batch):
            raise LogError("the log takes entries with their exact bytes: use Log.append")
        self.journal.append([document.raw for document in batch])  # type: ignore[attr-defined]
        return [document.doc_id for document in batch]  # type: ignore[attr-defined]

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        """Refused: only retention deletes, and only whole segments that the centre holds."""
        del cond, doc_ids
        return _refuse()

    def update(self, *_: Any, **__: Any) -> list[int]:
        """Refused, as all that would change an entry."""
        return _refuse()

    def update_multiple(self, *_: Any, **__: Any) -> list[int]:
        return _refuse()

    def upsert(self, *_: Any, **__: Any) -> list[int]:
        return _refuse()

    def truncate(self) -> None:
        _refuse()

    def __len__(self) -> int:
        return self.journal.count()


class EntryDB(TinyDB):
    """A TinyDB whose storage is the journal of one epoch: `EntryDB(journal=…)`."""

    table_class = EntryTable
    default_table_name = "entries"

    def __init__(self, journal: Journal) -> None:
        super().__init__(storage=lambda: journal)

    def drop_tables(self) -> None:
        """Refused."""
        _refuse()

    def drop_table(self, name: str) -> None:
        """Refused."""
        del name
        _refuse()


def _refuse() -> Never:
    raise LogError("the log is append-only: entries are never changed or removed one by one")
