"""What a USB stick brings from a site without a network: files with pieces of logs (`contract/piece.py`)."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from central.errors import EvidenceError
from contract import piece
from contract.entry import ContractError
from contract.piece import Note

_NAME = re.compile(r"[a-z0-9-]{1,32}\.[0-9a-f]{8,32}-[0-9]{20}\.jsonl")


def find(paths: Iterable[Path]) -> list[Path]:
    """Each file that is named; of a folder those that are called like pieces, in it and in the folders in it.

    Raises EvidenceError when there is nothing to take.
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            some = [path] if path.is_file() else _in_folder(path)
        except OSError as error:
            raise EvidenceError(f"{path}: cannot be read: {error.strerror or error}") from error
        if not some:
            raise EvidenceError(f"{path}: nothing that `ketuk log export` wrote is in it: is it the right stick?")
        found |= dict.fromkeys(some)
    return list(found)


def _in_folder(folder: Path) -> list[Path]:
    folders = [folder, *sorted(inner for inner in folder.iterdir() if inner.is_dir())]
    return [file for one in folders for file in sorted(one.iterdir()) if _NAME.fullmatch(file.name) and file.is_file()]


def lines(body: bytes) -> list[bytes]:
    """The entries' exact bytes."""
    return body[:-1].split(b"\n")


def read(file: Path) -> tuple[bytes, Note]:
    """The entries' lines, and the note about them; who signed it is not looked at. Raises EvidenceError."""
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_size > piece.MAX_BYTES:
                raise EvidenceError(f"{file}: far too large for a piece of a log")
            return piece.split(opened.read(piece.MAX_BYTES))
    except ContractError as error:
        raise EvidenceError(f"{file}: {error}") from error
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read: {error.strerror or error}") from error
