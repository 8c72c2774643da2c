"""What the gateway remembers beside the log: the two marks, and where each device was left. Small, written whole.

All of it can be lost without losing a punch: without marks the entries are sent again, without cursors the devices
are read again, and the dedupe memory and the centre drop what they hold already.
"""

import json
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from gateway.log.disk import Disk


class SafeJSONStorage(Storage):
    """TinyDB's JSON file, but replaced as a whole: stock JSONStorage writes in place and truncates afterwards, and
    one SIGKILL in six left it unreadable."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path, self._disk = path, disk

    def read(self) -> dict[str, dict[str, Any]] | None:
        try:
            content = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return content if _is_database(content) else None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        self._disk.write_file(self._path, json.dumps(data).encode())


def _is_database(content: object) -> bool:
    """Whether it has TinyDB's shape: tables of documents under whole numbers."""
    return isinstance(content, dict) and all(
        isinstance(table, dict) and all(key.isdigit() and isinstance(doc, dict) for key, doc in table.items())
        for table in content.values()
    )


class State:
    """Marks and cursors in `state.json`. Methods that write raise OSError."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._db = TinyDB(path, disk, storage=SafeJSONStorage)
        self._marks = self._db.table("marks")
        self._devices = self._db.table("devices")

    def marks(self, logid: str) -> tuple[int, int]:
        """(published, confirmed) of that log; zeros when unknown or not sensible."""
        saved = self._marks.get(doc_id=1)
        if not isinstance(saved, dict) or saved.get("logid") != logid:
            return 0, 0
        published, confirmed = saved.get("published"), saved.get("confirmed")
        if not isinstance(published, int) or not isinstance(confirmed, int):
            return 0, 0
        return max(published, 0), max(confirmed, 0)

    def keep_marks(self, logid: str, published: int, confirmed: int) -> None:
        marks = {"logid": logid, "published": published, "confirmed": confirmed}
        self._marks.upsert(Document(marks, doc_id=1))

    def cursor(self, device: str) -> str | None:
        """The last cursor kept for a device."""
        for document in self._devices:
            if document.get("device") == device and isinstance(document.get("cursor"), str):
                return str(document["cursor"])
        return None

    def keep_cursor(self, device: str, cursor: str) -> None:
        self._devices.upsert({"device": device, "cursor": cursor}, lambda d: d.get("device") == device)
