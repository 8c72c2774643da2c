"""Checkpoints: the gateway signs what its log holds, every minute of activity and every 500 entries.

The number is kept by the log, which asks before it takes more; the time by a thread of its own. Whatever fails (a full
disk, a key that cannot be read) is tried again; recording goes on without signatures.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from contract import audit, checkpoint
from contract.entry import AUDIT, CHECKPOINT, sequence_text
from gateway import keys
from gateway.entries import Draft, Marks, Stored
from gateway.errors import LogError
from gateway.keys import NoKey, SigningKey

logger = logging.getLogger(__name__)

AFTER_S = 50.0
"""Seconds from the first entry that is not signed to the checkpoint: less than the minute that is promised."""
_LOOK_S = 0.25
_RETRY_S = 5.0


class Sealable(Protocol):
    """The log as the checkpointer sees it."""

    def marks(self) -> Marks: ...

    def ask_before(self, sealer: Callable[[int], None]) -> None: ...

    def append(self, drafts: Sequence[Draft]) -> list[Stored]: ...

    def seal(self, make: Callable[[str, int, str], Draft]) -> Stored: ...


class Checkpointer:
    """Signs the log from `start()` to `stop()`, with the key in the folder `data`."""

    def __init__(self, log: Sealable, data: Path, source: str, *, after_s: float = AFTER_S) -> None:
        self._log, self._data, self._source, self._after_s = log, data, source, after_s
        self._key: SigningKey | None = None
        self._signed = ("", 0)
        """Log and sequence through which everything is signed, the checkpoint included."""
        self._since: float | None = None
        self._trouble = ""
        self._here = threading.local()
        """Of each thread: whether it is sealing. What the log says of its own meanwhile asks for no other seal."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Have a key, made now if need be, and begin."""
        self._guarded(self._prepare)
        self._log.ask_before(self._before)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Sign what is not signed yet, and end."""
        self._stop.set()
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._guarded(self._seal_rest)

    def birth(self) -> dict[str, object]:
        """What the birth message says of the key."""
        return {} if self._key is None else {"key": self._key.public}

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(_LOOK_S if self._guarded(self._turn) else _RETRY_S)

    def _before(self, coming: int) -> None:
        """Asked by the log, in the thread that appends: with so many more it would be too many without a signature."""
        if self._key is None or getattr(self._here, "sealing", False):
            return
        count = self._unsigned(self._log.marks())
        if count > 0 and count + coming > checkpoint.MOST:
            self._guarded(self._seal)

    def _turn(self) -> None:
        self._prepare()
        marks, now = self._log.marks(), time.monotonic()
        count = self._unsigned(marks)
        if count <= 0:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        if count >= checkpoint.MOST or now - self._since >= self._after_s:
            self._seal()

    def _unsigned(self, marks: Marks) -> int:
        if self._signed[0] != marks.logid:
            self._signed = (marks.logid, 0)
        return marks.next - 1 - self._signed[1]

    def _seal_rest(self) -> None:
        if self._key is not None and self._unsigned(self._log.marks()) > 0:
            self._seal()

    def _seal(self) -> None:
        self._here.sealing = True
        try:
            stored = self._log.seal(self._checkpoint)
        finally:
            self._here.sealing = False
        self._signed, self._since = (self._log.marks().logid, stored.sequence), None

    def _checkpoint(self, logid: str, sequence: int, hash: str) -> Draft:
        assert self._key is not None  # noqa: S101 - `_prepare` saw to it
        data: dict[str, object] = {
            "sequence": sequence_text(sequence),
            "hash": hash,
            "algorithm": checkpoint.ED25519,
            "key": self._key.name,
            "signature": self._key.sign(checkpoint.signed_text(logid, sequence, hash)),
        }
        return Draft(CHECKPOINT, self._source, data)

    # The key

    def _prepare(self) -> None:
        if self._key is None:
            self._key, reason = keys.load_or_make(self._data)
            if reason:
                logger.warning("made a signing key, since %s: %s", reason, self._key.public)
            self._tell_of(self._key, reason)
        if (self._data / keys.NEXT).exists():
            self._rotate(self._key)

    def _tell_of(self, key: SigningKey, reason: str) -> None:
        """The log says with which key it is signed; a second time it is no news."""
        detail: dict[str, object] = {"key": key.name, "algorithm": checkpoint.ED25519, "public": key.public}
        if reason:
            detail["reason"] = reason
        self._record("key-created", f"key-created-{key.name}", detail)

    def _rotate(self, old: SigningKey) -> None:
        """The old key vouches for the next one in the log; only then the next one takes its place."""
        file = self._data / keys.NEXT
        try:
            new = keys.load(file)
        except NoKey as error:
            logger.warning("%s; it is removed, and the present key stays", error)
            file.unlink()
            return
        logid = self._log.marks().logid
        detail: dict[str, object] = {
            "logid": logid,
            "previous": old.name,
            "key": new.name,
            "algorithm": checkpoint.ED25519,
            "public": new.public,
            "signature": old.sign(checkpoint.rotation_text(logid, old.name, new.public)),
        }
        self._record("key-rotated", f"key-rotated-{new.name}", detail)
        keys.promote(self._data)
        self._key = new
        logger.warning("another key signs from here on: %s", new.public)

    def _record(self, event: str, fact: str, detail: dict[str, object]) -> None:
        self._log.append([Draft(AUDIT, self._source, audit.data(event, detail), id=fact)])

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Whether it worked; what did not is told once."""
        try:
            work()
        except (LogError, OSError) as error:
            if str(error) != self._trouble:
                logger.warning("no checkpoint now: %s", error)
            self._trouble = str(error)
            return False
        except Exception:  # neither the thread that signs nor one that records may end over it
            logger.exception("no checkpoint now")
            return False
        self._trouble = ""
        return True
