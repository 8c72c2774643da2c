"""What the gateway remembers beside the log: the two marks, and where each device was left. Small, written whole.

All of it can be lost without losing a punch: without marks the entries are sent again, without cursors the devices
are read again, and the dedupe memory and the centre drop what they hold already. So it is kept in memory and written
now and then, and a file that is not exactly what was written counts as lost.
"""

import json
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from gateway.log.disk import Disk

_CHECK = "check"  # the table that holds the checksum of the others


class Kept(NamedTuple):
    """The marks as they are on disk."""

    published: int
    confirmed: int
    released: int
    """The highest that was ever confirmed: retention may have deleted so far, wherever `confirmed` went since."""


class SafeJSONStorage(Storage):
    """TinyDB's JSON file, but replaced as a whole by `flush`: stock JSONStorage writes in place and truncates
    afterwards, and one SIGKILL in six left it unreadable."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path, self._disk = path, disk
        self.damaged = False
        self._content = self._load()
        self._dirty = False

    def read(self) -> dict[str, dict[str, Any]] | None:
        return self._content

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        self._content, self._dirty = data, True

    def flush(self) -> None:
        """Put it on disk when it changed. Raises OSError, and the file is what it was."""
        if self._dirty and self._content is not None:
            checked = {**self._content, _CHECK: {"1": {"crc32": _checksum(self._content)}}}
            self._disk.write_file(self._path, json.dumps(checked).encode())
            self._dirty = False

    def _load(self) -> dict[str, dict[str, Any]] | None:
        try:
            content = json.loads(self._disk.read(self._path))
            check = content.pop(_CHECK)["1"]["crc32"]
            if check == _checksum(content):
                return content  # type: ignore[no-any-return]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            pass
        self.damaged = True
        return None


def _checksum(content: dict[str, dict[str, Any]]) -> str:
    return f"{zlib.crc32(json.dumps(content).encode()):08x}"


class State:
    """Marks and cursors, in memory; `flush` writes them to `path`."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._db = TinyDB(path, disk, storage=SafeJSONStorage)
        self._marks = self._db.table("marks")
        self._devices = self._db.table("devices")

    @property
    def damaged(self) -> bool:
        """Whether there was a file and it was not what had been written."""
        return self._storage.damaged

    @property
    def logid(self) -> str | None:
        """The log that the kept marks belong to."""
        kept = self._marks.get(doc_id=1)
        return str(kept["logid"]) if isinstance(kept, dict) else None

    def marks(self, logid: str) -> Kept | None:
        """Those of that log; None when unknown."""
        kept = self._marks.get(doc_id=1)
        if not isinstance(kept, dict) or kept["logid"] != logid:
            return None
        return Kept(*(kept[name] for name in Kept._fields))

    def set_marks(self, logid: str, marks: Kept) -> None:
        self._marks.upsert(Document({"logid": logid, **marks._asdict()}, doc_id=1))

    def cursor(self, device: str) -> str | None:
        """The last cursor set for a device."""
        for document in self._devices:
            if document["device"] == device:
                return str(document["cursor"])
        return None

    def set_cursor(self, device: str, cursor: str) -> None:
        self._devices.upsert({"device": device, "cursor": cursor}, lambda document: document["device"] == device)

    def flush(self) -> None:
        """Put everything on disk. Raises OSError."""
        self._storage.flush()

    @property
    def _storage(self) -> SafeJSONStorage:
        storage = self._db.storage
        assert isinstance(storage, SafeJSONStorage)  # noqa: S101 - made above
        return storage
