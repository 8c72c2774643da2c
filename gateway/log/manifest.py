"""What lies on a stick: written last, so that `ketuk central verify FOLDER` can prove the folder as a whole."""

import itertools
import json
from collections.abc import Sequence
from importlib.metadata import version

from contract.checkpoint import key_name
from gateway.log.export import Piece

NAME = "manifest.json"
TYPE = "ketuk.export.v1"


def manifest(place: tuple[str, str], made: str, pieces: Sequence[Piece]) -> bytes:
    """Of all pieces, in order, at the time `made`."""
    keys = sorted({piece.note.key for piece in pieces} - {""})
    said = {
        "type": TYPE,
        "made": made,
        "by": f"ketuk {version('ketuk')}",
        "site": place[0],
        "gateway": place[1],
        "keys": [{"key": key_name(bytes.fromhex(key)), "public": key} for key in keys],
        "logs": [_log(logid, list(some)) for logid, some in itertools.groupby(pieces, lambda one: one.note.logid)],
        "files": {piece.file: piece.sha256 for piece in pieces},
    }
    return json.dumps(said, indent=1).encode() + b"\n"


def _log(logid: str, pieces: list[Piece]) -> dict[str, object]:
    gaps = [
        [before.note.last + 1, after.note.first - 1, "lost"]
        for before, after in itertools.pairwise(pieces)
        if after.note.first > before.note.last + 1
    ]
    return {
        "logid": logid,
        "first": pieces[0].note.first,
        "last": pieces[-1].note.last,
        "entries": sum(piece.note.entries for piece in pieces),
        "gaps": gaps,
        "pieces": [piece.file for piece in pieces],
    }
