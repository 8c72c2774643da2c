"""What the tests of carrying share: a log with a key, a stick, and the commands as a pipe sees them."""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from central.store import open_database
from contract import piece
from contract.chain import entry_hash
from gateway import cli, keys
from gateway.checkpoint import Checkpointer
from gateway.entries import Stored
from gateway.keys import SigningKey
from gateway.log.log import Log
from tests.central.books import Centre as Books
from tests.central.running import write_config
from tests.log.logs import SOURCE, everything, open_log, punches


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


def ketuk(*arguments: object, people: bool = False) -> tuple[int, str, str]:
    """Call it as in a pipe, or on a terminal for `people`: exit code, standard output, standard error."""
    out, err = Terminal() if people else io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        cli.main([*map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code, out.getvalue(), err.getvalue()


class Carried:
    """A log of `gw1` at `kec-pampangan` in `data`, with its signing key, and a folder `stick`."""

    def __init__(self, root: Path) -> None:
        self.root, self.data, self.stick = root, root / "data", root / "stick"
        self.stick.mkdir()
        self.log: Log = open_log(self.data, segment_bytes=20_000)
        self.key, _ = keys.load_or_make(self.data)

    @property
    def logid(self) -> str:
        return self.log.marks().logid

    @property
    def folder(self) -> Path:
        """Where export puts it."""
        return self.stick / "ketuk-kec-pampangan-gw1"

    def grow(self, first: int, last: int) -> None:
        """The punches first..last; a punch has the number of its sequence where the log begins with 2."""
        for start in range(first, last + 1, 500):
            self.log.append(punches(*range(start, min(start + 500, last + 1))))

    def ack(self, through: int) -> None:
        """A watermark over the network."""
        raw = self.log.read(through - 1, 1)[0].raw
        self.log.ack(self.logid, through, entry_hash(raw), [])
        self.log.keep_marks()

    def entries(self) -> list[Stored]:
        """All that the log holds."""
        return everything(self.log)

    def export(self, *options: object) -> tuple[int, list[dict[str, Any]], str]:
        """`ketuk log export`: exit code, JSON lines, standard error."""
        code, out, err = ketuk("log", "export", self.data, self.stick, *options)
        return code, [json.loads(line) for line in out.splitlines()], err

    def pieces(self) -> list[Path]:
        """The files on the stick, in order."""
        return sorted(self.folder.glob("*.jsonl"))

    def on_stick(self) -> list[bytes]:
        """The entries on it, all pieces whole."""
        return [line for file in self.pieces() for line in piece.split(file.read_bytes())[0].splitlines()]

    def checkpoint(self) -> None:
        """As the running gateway does: have a key, tell of it, rotate it if that is wanted, sign."""
        pointer = Checkpointer(self.log, self.data, SOURCE)
        pointer.start()
        pointer.stop()
        self.key = keys.load(self.data / keys.NAME)


def reseal(file: Path, key: SigningKey | None, change: Callable[[bytes], bytes] = bytes, **members: Any) -> None:
    """The piece with its entries' lines changed and other members in its note, signed with `key` or not at all."""
    body, note = piece.split(file.read_bytes())
    body = change(body)
    note = note._replace(sha256=hashlib.sha256(body).hexdigest(), key="", signature="", **members)
    if key is not None:
        note = note._replace(key=key.public, signature=key.sign(note.signed_text()))
    file.write_bytes(body + note.line())


class Centre:
    """`ketuk central import` with a configuration of its own, and what is in its database afterwards."""

    def __init__(self, root: Path, url: str, **sections: dict[str, Any]) -> None:
        self.config = write_config(root / "central.toml", "mqtt://127.0.0.1:1", url, **sections)
        kind, _, name = url.partition(":")
        self.database = open_database(f"sqlite:{root / name}" if kind == "sqlite" else url)
        self.books = Books(self.database)

    def bring(self, *arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, JSON lines, standard error."""
        code, out, err = ketuk("central", "import", *arguments, "-c", self.config)
        return code, [json.loads(line) for line in out.splitlines()], err

    def close(self) -> None:
        self.database.close()
