"""What an audit or checkpoint entry means to the centre: losses that are proven, logs that end, keys that change."""

from collections.abc import Iterator
from typing import Any

from central.entries import Held
from central.ingest.logs import Logs
from central.keyring import Keyring
from central.signatures import Verdict, handed_over, judge, public_key
from central.store import keys
from central.store.books import Alarm, Books, Log
from contract.checkpoint import HMAC
from contract.entry import CHECKPOINT
from contract.ranges import Range

_LARGEST = 2**63 - 1


def effects(found: Held, log: Log, logs: Logs, books: Books, ring: Keyring) -> Iterator[Alarm]:
    """Of an entry of `log` that is news and no punch."""
    if found.kind == CHECKPOINT:
        yield from _signature(found, log, books, ring)
        return
    event, detail = found.event.data.get("event"), found.event.data.get("detail")
    if not isinstance(detail, dict):
        return
    if event == "log-damaged":
        yield from _losses(found, detail, log, logs)
    elif event in ("log-created", "log-forked"):
        _succession(detail, log, logs)
    elif event == "key-rotated":
        yield from _rotation(found, log, books, ring)
    elif event == "key-created":
        public = public_key(detail.get("public"))
        yield from keys.shown(books, log.place, public, ring) if public else ()


def _losses(found: Held, detail: dict[str, Any], log: Log, logs: Logs) -> Iterator[Alarm]:
    """The log says itself that it cannot hand over these any more: of its own name, or of an earlier one."""
    logid = detail.get("logid", log.logid)
    if not isinstance(logid, str) or logid.rpartition(".")[0] != log.gateway:
        return
    damaged = logs.of(logid, *log.place)
    if damaged is None:
        return
    last = found.sequence - 1 if damaged is log else _LARGEST
    for pair in _ranges(detail.get("lost"), last):
        for first, end in logs.lose(damaged, pair, f"{log.logid} {found.sequence}"):
            yield lost(damaged, (first, end), f"by its audit entry {log.logid} {found.sequence}")


def lost(log: Log, pair: Range, told: str) -> Alarm:
    """The alarm for a range that nobody can send any more."""
    first, last = pair
    said = f"{'/'.join(log.place)}: entries {first} to {last} of {log.logid} are lost for good, {told}"
    return Alarm(f"loss {log.logid} {first}-{last}", "loss", *log.place, log.logid, said)


def _succession(detail: dict[str, Any], log: Log, logs: Logs) -> None:
    """The log before this one will not be added to any more: what is missing of it cannot be asked for."""
    previous = detail.get("previous")
    logid = previous.get("logid") if isinstance(previous, dict) else None
    before = logs.get(logid) if isinstance(logid, str) else None
    if before is not None and before.place == log.place and before is not log:
        before.continued_by = log.logid


def _rotation(found: Held, log: Log, books: Books, ring: Keyring) -> Iterator[Alarm]:
    public = handed_over(found, keys.trusted(books, log.place, ring))
    if public is not None:
        keys.pin(books, log.place, public, keys.ROTATED)
        return
    said = f"{'/'.join(log.place)}: entry {found.sequence} of {log.logid} changes the key, and no trusted key signed it"
    yield Alarm(f"rotation {log.logid} {found.sequence}", "bad-rotation", *log.place, log.logid, said)


def _signature(found: Held, log: Log, books: Books, ring: Keyring) -> Iterator[Alarm]:
    verdict = judge(found, keys.trusted(books, log.place, ring))
    data = found.event.data
    if verdict is Verdict.BAD:
        said = f"{'/'.join(log.place)}: the signature in entry {found.sequence} of {log.logid} is not right"
        yield Alarm(f"signature {log.logid} {found.sequence}", "bad-signature", *log.place, log.logid, said)
    elif verdict is Verdict.UNKNOWN and data.get("algorithm") != HMAC:
        name = str(data.get("key"))[:16]
        said = f"{'/'.join(log.place)} signs with the key {name}, which nobody vouches for"
        yield Alarm(f"key {'/'.join(log.place)} {name}", "key-changed", *log.place, log.logid, said)


def _ranges(value: object, last: int) -> Iterator[Range]:
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair):
            first, end = pair[0], min(pair[1], last)
            if 1 <= first <= end:
                yield first, end
