"""What happened to the log, as audit entries of the log itself. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from contract import audit
from contract.entry import AUDIT
from gateway.entries import Draft
from gateway.log.repair import Trouble
from gateway.log.seen import digest


class Gone(NamedTuple):
    """A segment that retention deleted."""

    logid: str
    first: int
    last: int


def created(source: str, reason: Mapping[str, object]) -> Draft:
    """The first entry of an epoch that was begun for a reason of our own."""
    return Draft(AUDIT, source, audit.data("log-created", dict(reason)))


def forked(source: str, reason: Mapping[str, object]) -> Draft:
    """The first entry of an epoch that was begun because the centre knows another history."""
    return Draft(AUDIT, source, audit.data("log-forked", dict(reason)))


def expired(source: str, gone: Iterable[Gone]) -> list[Draft]:
    """What retention deleted, an entry for each log."""
    ranges: dict[str, tuple[int, int, int]] = {}
    for logid, first, last in gone:
        oldest, _, segments = ranges.get(logid, (first, last, 0))
        ranges[logid] = (oldest, last, segments + 1)
    return [
        Draft(AUDIT, source, audit.data("log-expired", {"logid": logid, "first": a, "last": b, "segments": n}))
        for logid, (a, b, n) in ranges.items()
    ]


def damaged(source: str, logid: str, trouble: Trouble) -> Draft:
    """A damage of the log `logid`; found again, it is the same fact and no second entry."""
    fact = f"{trouble.event} {trouble.detail} {trouble.raw.hex()}"
    detail = {"logid": logid, **trouble.detail, "kept_as": trouble.kept_as}
    data = audit.data(trouble.event, detail, raw=trouble.raw or None)
    return Draft(AUDIT, source, data, id=f"damage-{digest(logid, fact):016x}")
