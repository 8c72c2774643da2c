"""What the tests of carrying share: a log with a key, a stick, and the commands as a pipe sees them."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from contract import piece
from contract.chain import entry_hash
from gateway import cli, keys
from gateway.entries import Stored
from gateway.log.log import Log
from tests.log.logs import everything, open_log, punches


def ketuk(*arguments: object) -> tuple[int, str, str]:
    """Call it as in a pipe: exit code, standard output, standard error."""
    out, err = io.StringIO(), io.StringIO()
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
