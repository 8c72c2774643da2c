"""Entries as TinyDB documents, decoded from the exact bytes only when somebody looks inside."""

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from gateway.entries import Stored


class Reader(Protocol):
    """What a view needs of the journal."""

    @property
    def oldest(self) -> int: ...

    def count(self) -> int: ...

    def read_after(self, after: int, limit: int) -> list[Stored]: ...


class EntryDocument(Mapping[str, Any]):
    """An entry as TinyDB sees it: a mapping of its attributes, decoded from the exact bytes when first asked.

    `doc_id` is the sequence. (TinyDB's own ids start at 1 again after a drained file is reopened.)
    """

    __slots__ = ("_attributes", "doc_id", "raw")

    def __init__(self, value: "EntryDocument | bytes", doc_id: int) -> None:
        self.raw: bytes = value if isinstance(value, bytes) else value.raw
        self.doc_id = doc_id
        self._attributes: dict[str, Any] | None = None

    def _all(self) -> dict[str, Any]:
        if self._attributes is None:
            self._attributes = msgspec.json.decode(self.raw, type=dict[str, Any])
        return self._attributes

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class EntriesView(Mapping[str, Any]):
    """The entries as TinyDB's `Storage.read` wants them, by text id, read from disk a few hundred at a time."""

    def __init__(self, reader: Reader, after: int = 0) -> None:
        self._reader, self._after = reader, after

    def documents(self) -> Iterator[EntryDocument]:
        after = max(self._reader.oldest - 1, self._after)
        while batch := self._reader.read_after(after, 500):
            yield from (EntryDocument(entry.raw, entry.sequence) for entry in batch)
            after = batch[-1].sequence

    def __getitem__(self, key: str) -> EntryDocument:
        found = self._reader.read_after(int(key) - 1, 1)
        if not found or found[0].sequence != int(key):
            raise KeyError(key)
        return EntryDocument(found[0].raw, found[0].sequence)

    def __iter__(self) -> Iterator[str]:
        return (str(document.doc_id) for document in self.documents())

    def __len__(self) -> int:
        return self._reader.count()

    def items(self) -> ItemsView[str, Any]:
        return _Items(self)


class _Items(ItemsView[str, Any]):
    def __init__(self, view: EntriesView) -> None:
        super().__init__(view)
        self._view = view

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((str(document.doc_id), document) for document in self._view.documents())
