"""Whether a report keeps the promises of `gateway.reading`, and the audit entry that keeps one that does not.

Drivers of third parties are not checked by our tests. What they hand over and no entry can be made of is evidence
all the same: somebody may have punched. Pure.
"""

import hashlib
import re
import typing
from collections.abc import Callable

from contract import audit
from contract.entry import AUDIT
from gateway.entries import Draft
from gateway.plain import clean, plain, shown, text_of
from gateway.reading import ClockReading, Direction, Finding, Method, Origin, Reading

MAX_RAW = 4096  # bytes of a record that travel in an entry; no device's record is nearly as long
BYTES = bytes | bytearray | memoryview
MAX_SERIAL = 64  # as the contract's schemas have it
_PERSON = {
    "pin": re.compile(r"[^\x00-\x1f\x7f]{1,64}"),
    "card": re.compile(r"([0-9A-F]{2}){1,16}"),
}
"""Whom the contract's `subject` can name."""
_WORDS = {
    "method": typing.get_args(Method),
    "direction": typing.get_args(Direction),
    "origin": typing.get_args(Origin),
}
_FIELDS: dict[type, tuple[str, ...]] = {
    Reading: ("scheme", "person", "local_time", "method", "direction", "origin", "ordinal", "extra"),
    Finding: ("event", "key", "detail"),
    ClockReading: ("local_time", "taken_at", "round_trip"),
}
"""What of a report is told; its serial and its bytes have places of their own."""
_FAR = 1e9  # seconds; no clock of ours runs that long


def unfit(report: object) -> str | None:
    """Which promise it breaks, or None: then an entry can be made of it."""
    for kind, check in _CHECKS:
        if isinstance(report, kind):
            return check(report)
    return f"not a report: {type(report).__name__}"


def person_of(reading: Reading) -> str:
    """The person as `subject` has it: a card's number in capitals."""
    return reading.person.upper() if reading.scheme == "card" else reading.person


def quarantined(report: object, why: str, source: str) -> Draft:
    """The entry that keeps it. The same one found again is the same fact."""
    kind = next((kind for kind in _FIELDS if isinstance(report, kind)), None)
    # Not the `repr` of a report as a whole: it would show all that is in it, however much that is.
    told = {"report": shown(report)} if kind is None else {name: getattr(report, name) for name in _FIELDS[kind]}
    detail: dict[str, object] = {"why": why, **told}
    serial = getattr(report, "serial", None)
    data = audit.data("record-unreadable", None, serial=text_of(serial, MAX_SERIAL) if serial else None)
    raw, facts = raw_of(getattr(report, "raw", None))
    data["detail"] = plain({**detail, **facts})
    if raw is not None:
        data["raw"] = raw
    return Draft(AUDIT, source, data, id=f"unfit-{_fact(report)}")


def raw_of(raw: object) -> tuple[str | None, dict[str, object]]:
    """A record's bytes in hex, as many as an entry takes, and what must be said about them beside."""
    if raw is None:
        return None, {}
    if not isinstance(raw, BYTES):
        return None, {"raw_as": shown(raw)}
    found = bytes(raw)
    if len(found) <= MAX_RAW:
        return found.hex(), {}
    return found[:MAX_RAW].hex(), {"raw_bytes": len(found), "raw_sha256": hashlib.sha256(found).hexdigest()}


def _fact(report: object) -> str:
    """What makes it the same when it is found again; `repr` alone would not: it may name places in memory."""
    if isinstance(report, Reading):
        facts: tuple[object, ...] = (report.serial, report.scheme, report.person, report.local_time, report.ordinal)
        facts = (*facts, report.raw)
    elif isinstance(report, Finding):
        facts = (report.serial, report.event, report.key if report.key is not None else report.detail, report.raw)
    elif isinstance(report, ClockReading):
        facts = (report.serial, report.local_time, report.taken_at, report.round_trip)
    else:
        facts = (report,)
    text = "\n".join(bytes(fact).hex() if isinstance(fact, BYTES) else _exact(fact) for fact in facts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _exact(fact: object) -> str:
    return fact if isinstance(fact, str) else shown(fact)


def _reading(report: Reading) -> str | None:
    for name in ("serial", "person", "local_time"):
        if not isinstance(getattr(report, name), str):
            return f"{name} is not text"
    for name, words in _WORDS.items():
        if getattr(report, name) not in words:
            return f"{name} is not one of {', '.join(words)}"
    if not (report.known_as is None or isinstance(report.known_as, str)):
        return "known_as is not text"
    if not isinstance(report.raw, BYTES):
        return "raw is not bytes"
    if not isinstance(report.ordinal, int) or not 0 <= report.ordinal < _FAR:
        return "ordinal is not a number of records"
    known = _PERSON.get(report.scheme) if isinstance(report.scheme, str) else None
    if known is None:
        return "scheme is not pin or card"
    return None if known.fullmatch(clean(person_of(report))) else f"person is not what a {report.scheme} can be"


def _finding(report: Finding) -> str | None:
    if not isinstance(report.event, str) or report.event not in audit.EVENTS:
        return "event is not a word of the contract"
    if not isinstance(report.serial, str):
        return "serial is not text"
    if report.raw is not None and not isinstance(report.raw, BYTES):
        return "raw is not bytes"
    return None if report.key is None or isinstance(report.key, str) else "key is not text"


def _clock(report: ClockReading) -> str | None:
    if not isinstance(report.serial, str) or not isinstance(report.local_time, str):
        return "serial or local_time is not text"
    if report.serial != clean(report.serial):
        return "serial is not text that can be written"
    for name in ("taken_at", "round_trip"):
        seconds = getattr(report, name)
        if not isinstance(seconds, int | float) or not abs(seconds) < _FAR:  # NaN is not, either
            return f"{name} is not a number of seconds"
    return None


_CHECKS: tuple[tuple[type, Callable[..., str | None]], ...] = (
    (Reading, _reading),
    (Finding, _finding),
    (ClockReading, _clock),
)
