"""`ketuk log ack`: a receipt of the centre, from a stick into the data folder, where the gateway takes it."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from contract.entry import ContractError
from contract.receipt import Receipt, file_name, parse_receipt
from gateway import carry_texts as texts
from gateway import receipt as receipts
from gateway.commands import log_text
from gateway.errors import LogError
from gateway.log.disk import Disk
from gateway.log.documents import EntryDocument
from gateway.log.view import EpochView, LogView, look
from gateway.receipt import FOLDER, ReceiptRefused
from gateway.texts import Text

PATIENCE_S = 6.0
"""How long a running gateway is waited for; it looks once a second."""
_LOOK_S = 0.1


class _Ours(NamedTuple):
    view: LogView
    epoch: EpochView
    place: tuple[str, str]
    key: str


def ack(path: Path, data: Path, *, people: bool) -> int:
    """The exit code. Raises LogError with the reason for a receipt that is not believed."""
    ours = _ours(look(data))
    file, raw = _find(path, ours)
    try:
        receipt = receipts.check(raw, ours.place, ours.epoch.logid, ours.key).receipt
    except ReceiptRefused as error:
        raise LogError(f"{file}: {error}") from error
    confirmed = ours.view.marks().confirmed
    contradicts = receipts.contradicts(receipt, ours.epoch.read_after)
    if not contradicts and receipts.confirms(receipt) <= confirmed:
        _said(receipt, "already", texts.ALREADY.of(confirmed=confirmed, through=receipt.through), people=people)
        return 0
    left = _leave(ours.view.data, receipt, raw)
    if contradicts:
        _said(receipt, "contradicts", texts.CONTRADICTS.of(logid=receipt.logid), people=people)
        return 1
    return _waited_for(left, receipt, ours, people=people)


def _ours(view: LogView) -> _Ours:
    epoch = view.present
    newest = next(epoch.backwards(), None) if epoch is not None else None
    if epoch is None or newest is None:
        raise LogError(str(texts.NO_LOG.of(path=view.data)))
    site = str(EntryDocument(newest.raw, newest.sequence)["source"]).split("/")[1]
    with _usable(view.data):
        return _Ours(view, epoch, (site, epoch.logid.rpartition(".")[0]), receipts.pinned(view.data))


def _find(path: Path, ours: _Ours) -> tuple[Path, bytes]:
    """The file; in the folder of a stick the receipt of our log that confirms most, or else any. Raises LogError."""
    with _usable(path):
        if not path.is_dir():
            return path, receipts.read(path)
        folders = [path, *sorted(inner for inner in path.iterdir() if inner.is_dir())]
        files = [file for folder in folders for file in sorted(folder.glob("receipt-*.json"))]
        found = [(file, receipts.read(file)) for file in files]
    if not found:
        raise LogError(str(texts.NONE_HERE.of(path=path)))
    return max(found, key=lambda one: _rank(one[1], ours))


def _rank(raw: bytes, ours: _Ours) -> tuple[bool, bool, int]:
    try:
        receipt = parse_receipt(raw).receipt
    except ContractError:
        return False, False, 0
    place = (receipt.site, receipt.gateway) == ours.place
    return place, place and receipt.logid == ours.epoch.logid, receipts.confirms(receipt)


class _OwnersDisk(Disk):
    """What is made belongs to whoever the data folder belongs to: this may be run with sudo, the gateway is not."""

    def __init__(self, data: Path) -> None:
        self._owner = data.stat()

    def open_append(self, path: Path, *, create: bool) -> int:
        fd = super().open_append(path, create=create)
        self._give(fd)
        return fd

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)
        self._give(path)

    def _give(self, what: Path | int) -> None:
        if os.geteuid() == 0:
            os.chown(what, self._owner.st_uid, self._owner.st_gid)


def _leave(data: Path, receipt: Receipt, raw: bytes) -> Path:
    """Where the gateway finds it. Raises LogError."""
    file = data / FOLDER / file_name(receipt)
    with _usable(file):
        disk = _OwnersDisk(data)
        disk.mkdir(file.parent)
        disk.sync_folder(data)
        disk.write_file(file, raw)
    return file


def _waited_for(left: Path, receipt: Receipt, ours: _Ours, *, people: bool) -> int:
    end = time.monotonic() + PATIENCE_S
    while left.exists() and time.monotonic() < end:
        time.sleep(_LOOK_S)
    if left.exists():
        _said(receipt, "waiting", texts.WAITING, people=people)
        return 0
    while (confirmed := ours.view.marks().confirmed) < receipts.confirms(receipt) and time.monotonic() < end:
        time.sleep(_LOOK_S)
    if confirmed < receipts.confirms(receipt):
        _said(receipt, "refused", texts.NOT_TAKEN, people=people)
        return 1
    _said(receipt, "taken", texts.TAKEN.of(logid=receipt.logid, through=confirmed), people=people)
    return 0


def _said(receipt: Receipt, state: str, text: Text, *, people: bool) -> None:
    if not people:
        said = {"event": "ack", "logid": receipt.logid, "through": receipt.through, "state": state, "text": str(text)}
        print(json.dumps(said, ensure_ascii=False), flush=True)  # noqa: T201
        return
    Console(stderr=True, highlight=False, soft_wrap=True).print(log_text.clean(str(text), 1000), markup=False)


@contextlib.contextmanager
def _usable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LogError(str(texts.UNUSABLE_FILE.of(path=path, reason=error.strerror or error))) from error
