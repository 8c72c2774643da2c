"""Receipts: what the centre holds of a log, signed, in a file that goes back to a site without a network."""

import os
from datetime import UTC, datetime
from pathlib import Path

from central.errors import EvidenceError
from central.signing import Signer
from central.store.books import Books, Log
from central.store.database import Database
from contract.receipt import Receipt, build_receipt, file_name
from contract.watermark import MAX_MISSING


def stand(database: Database, logid: str) -> Log | None:
    """How far a log has come; None when it is not known. Raises StoreError."""
    with database.transaction(read_only=True) as sql:
        return Books(sql, datetime.now(UTC)).logs([logid], locked=False).get(logid)


def issue(log: Log, signer: Signer, now: datetime) -> tuple[str, bytes]:
    """Name and bytes of the receipt for what is committed of this log."""
    receipt = Receipt(
        *log.place,
        logid=log.logid,
        through=log.cursor.through,
        hash=log.hash,
        missing=tuple(log.cursor.holes[:MAX_MISSING]),
        issued=now.isoformat(timespec="seconds"),
    )
    return file_name(receipt), build_receipt(receipt, signer.public, signer.sign(receipt.signed_text()))


def write(folder: Path, name: str, content: bytes) -> Path:
    """The file holds all of it, on the medium. Raises EvidenceError."""
    file = folder / name
    half = folder / (name + ".tmp")
    try:
        with half.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        half.replace(file)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError:  # a file system in user space that knows nothing of folders
            os.sync()
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = error.strerror or error
        raise EvidenceError(f"{file}: cannot be written: {reason}; give another folder: --receipts DIR") from error
    return file
