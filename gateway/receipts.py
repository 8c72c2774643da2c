"""Receipts that were brought by hand: what `ketuk log ack` left in the data folder moves what is confirmed.

The running gateway owns its log, so the command only leaves the file; this takes it within a second, or at the next
start. A file goes when it is done with, one way or the other, and the log says what became of it.
"""

import hashlib
import logging
from pathlib import Path
from typing import Protocol

from contract import audit
from contract.checkpoint import key_name
from contract.entry import AUDIT
from contract.receipt import Receipt, Signed
from gateway import receipt as receipts
from gateway.entries import AckOutcome, Draft, Marks, Stored
from gateway.errors import LogError
from gateway.log.disk import Disk
from gateway.receipt import FOLDER, KEY, ReceiptRefused

logger = logging.getLogger(__name__)

_MOST = 20
"""Files that are looked at in one turn."""


class Confirmable(Protocol):
    """The log as receipts see it."""

    def marks(self) -> Marks: ...

    def read(self, after: int, limit: int) -> list[Stored]: ...

    def ack(self, logid: str, through: int, hash: str, missing: tuple[tuple[int, int], ...]) -> AckOutcome: ...

    def append(self, drafts: list[Draft]) -> list[Stored]: ...

    def keep_marks(self) -> None: ...


class Receipts:
    """For the gateway `place` (site, name). `key`: the centre's, from the configuration; without it the first receipt
    brings it."""

    def __init__(self, log: Confirmable, data: Path, place: tuple[str, str], key: str = "") -> None:
        self._log, self._data, self._place, self._wanted = log, data, place, key
        self._source = f"/{place[0]}/{place[1]}"
        self._folder = data / FOLDER
        self._trouble = ""

    def check(self) -> None:
        """Take what is there. What cannot be done now (a full disk) is tried again the next time, and told once."""
        try:
            if self._wanted:
                self._pin(self._wanted, "configuration")
                self._wanted = ""
            for file in [file for file in sorted(self._folder.glob("*.json")) if file.is_file()][:_MOST]:
                self._take(file)
        except (LogError, OSError) as error:
            if str(error) != self._trouble:
                logger.warning("a receipt has to wait: %s", error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _take(self, file: Path) -> None:
        raw = receipts.read(file)
        try:
            signed = receipts.check(raw, self._place, self._log.marks().logid, receipts.pinned(self._data))
        except ReceiptRefused as error:
            logger.warning("%s: refused: %s", file.name, error)
            fact = f"receipt-refused-{hashlib.sha256(raw).hexdigest()[:16]}"
            self._tell("receipt-refused", {"file": file.name[:100], "reason": error.text.en}, fact)
        else:
            self._pin(signed.key, "first receipt")
            self._confirm(signed)
        file.unlink(missing_ok=True)

    def _confirm(self, signed: Signed) -> None:
        receipt, before = signed.receipt, self._log.marks()
        if receipts.confirms(receipt) < before.confirmed and not receipts.contradicts(receipt, self._log.read):
            # It was true when it was signed. A centre that lost entries since asks for them over the network, or with
            # `--from`; nothing that was brought by hand takes a confirmation back.
            logger.info("a receipt through %d is older than what is confirmed (%d)", receipt.through, before.confirmed)
            return
        outcome = self._log.ack(receipt.logid, receipt.through, receipt.hash, receipt.missing)
        self._log.keep_marks()
        self._tell("receipt-taken", _detail(signed, before, outcome), _fact(receipt))
        confirmed = outcome.marks.confirmed
        logger.info("receipt of the centre through %d taken: confirmed through %d", receipt.through, confirmed)

    def _pin(self, key: str, why: str) -> None:
        """From here on only this key signs receipts; the log has it first."""
        before = receipts.pinned(self._data)
        if before == key:
            return
        detail: dict[str, object] = {"key": key_name(bytes.fromhex(key)), "public": key, "why": why}
        if before:
            detail["previous"] = before[:64]
        self._tell("central-key-pinned", detail, None)
        Disk().write_file(self._data / KEY, f"{key}\n".encode())
        logger.warning("receipts are believed when they are signed with %s (%s)", key, why)

    def _tell(self, event: str, detail: dict[str, object], fact: str | None) -> None:
        self._log.append([Draft(AUDIT, self._source, audit.data(event, detail), id=fact)])


def _detail(signed: Signed, before: Marks, outcome: AckOutcome) -> dict[str, object]:
    receipt = signed.receipt
    return {
        "logid": receipt.logid,
        "through": receipt.through,
        "hash": receipt.hash,
        "issued": receipt.issued,
        "key": key_name(bytes.fromhex(signed.key)),
        "confirmed_before": before.confirmed,
        "forked": outcome.forked,
    }


def _fact(receipt: Receipt) -> str:
    """The same receipt is taken once, however often it is brought."""
    return f"receipt-{receipt.logid}-{receipt.through}-{hashlib.sha256(receipt.signed_text()).hexdigest()[:16]}"
