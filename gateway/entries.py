"""What the rooms of the gateway hand to one another about the log, so that none needs to know another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before the log gives it its place: everything but logid, sequence, prevhash and recordedtime."""

    kind: str
    """punch, audit or checkpoint"""
    source: str
    data: dict[str, object]
    id: str | None = None
    """Identity of the fact. None: the log gives `<logid>-<sequence>`, and the entry is never a duplicate."""
    subject: str | None = None
    time: str | None = None
    unless: str | None = None
    """Identity of another fact of the same source: once that is recorded, this one is known too. A record that was
    quarantined does not become a punch when its impossible time has passed, nor the other way round."""


class Stored(NamedTuple):
    """An entry that is durably in the log."""

    sequence: int
    kind: str
    raw: bytes
    """The exact bytes: stored, hashed, published and replayed as they are."""


class Marks(NamedTuple):
    """Where a log stands."""

    logid: str
    oldest: int
    """First sequence still held."""
    next: int
    """Sequence the next entry gets."""
    published: int
    """Everything through here had a PUBACK (or needs none)."""
    confirmed: int
    """Everything through here is held by the centre, durably."""


class AckOutcome(NamedTuple):
    """What a watermark meant to the log."""

    marks: Marks
    resend: tuple[tuple[int, int], ...] = ()
    """Ranges to publish again, both ends included; only sequences that the log holds."""
    forked: bool = False
    """The centre's hash differs, or it holds more than we do: a new epoch was opened."""


class Outbox(Protocol):
    """The log as its forwarder sees it. Every method may be called from any thread."""

    def marks(self) -> Marks: ...

    def unpublished(self, limit: int) -> list[Stored]:
        """The oldest entries above the published mark, at most `limit`."""

    def read(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` entries with a sequence above `after`, in order."""

    def replay(self, first: int, last: int) -> Iterator[Stored]:
        """The entries of first..last, both included, that are still held."""

    def published(self, through: int) -> None:
        """Everything through here had its PUBACK."""

    def republish(self, after: int) -> None:
        """Take the published mark back to `after`: what follows is sent again."""

    def ack(self, logid: str, through: int, hash: str, missing: Sequence[tuple[int, int]]) -> AckOutcome:
        """A watermark from the centre. Raises LogError on a disk that refuses."""

    def watch(self, watcher: Callable[[int], None]) -> None:
        """Call `watcher` with the last sequence whenever entries were added, in the thread that added them and while
        the log is locked: it must only wake somebody up."""
