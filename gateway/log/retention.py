"""Which segments may go. Pure but for asking the journals what they hold."""

from collections.abc import Sequence
from datetime import datetime

from gateway.log.journal import Journal
from gateway.log.sealed import Sealed


def plan(
    old: Sequence[Journal], present: Journal, *, confirmed: int, before: str | None, max_bytes: int
) -> list[tuple[Journal, Sealed]]:
    """The segments to delete, oldest first: all of an older epoch may go, of the present one what is confirmed and is
    not the newest.

    `before`: delete what was last written to before this time (RFC 3339; None: keep whatever its age). `max_bytes`:
    delete the oldest while everything together is larger.
    """
    candidates = [(journal, segment) for journal in old for segment in journal.sealed]
    candidates += [(present, segment) for segment in present.full if segment.last <= confirmed]
    size = present.size + sum(journal.size for journal in old)
    going = []
    for journal, segment in candidates:
        if size < max_bytes and not _is_older(segment.newest, before):
            break
        going.append((journal, segment))
        size -= segment.size
    return going


def _is_older(newest: str, before: str | None) -> bool:
    if before is None:
        return False
    try:
        return datetime.fromisoformat(newest) < datetime.fromisoformat(before)
    except (ValueError, TypeError):
        return False
