"""Births, wills and health messages: what a gateway says of itself beside its log."""

from collections.abc import Iterator
from typing import Any

from central.entries import place
from central.ingest.arrival import Arrival
from central.ingest.audits import lost
from central.ingest.logs import Logs
from central.keyring import Keyring, Place
from central.signatures import public_key
from central.store import keys
from central.store.books import Alarm, Books, Log
from contract import messages
from contract.entry import ContractError

_LARGEST = 2**63 - 1


def take(arrival: Arrival, kind: str, logs: Logs, books: Books, ring: Keyring) -> Iterator[Alarm]:
    """A message on `…/status` or `…/health`. Raises ContractError when it is none."""
    where = place(arrival.topic)
    if kind == "status":
        status: dict[str, Any] = messages.parse_status(arrival.payload)
        books.update_gateway(*where, {"state": status["state"], "state_at": books.now, **_contact(arrival, books)})
        if status["state"] == messages.ONLINE:
            yield from _birth(status, where, logs, books, ring)
    elif kind == "health":
        health: dict[str, Any] = messages.parse_health(arrival.payload)
        books.update_gateway(*where, {**_health(health), "health_at": books.now, **_contact(arrival, books)})
    else:
        raise ContractError("topic: nothing that the centre takes")


def _contact(arrival: Arrival, books: Books) -> dict[str, object]:
    return {} if arrival.retained else {"last_contact": books.now}


def _birth(status: dict[str, Any], where: Place, logs: Logs, books: Books, ring: Keyring) -> Iterator[Alarm]:
    logid, oldest, following = status["logid"], status["oldest"], status["next"]
    if logid.rpartition(".")[0] != where[1] or max(oldest, following) > _LARGEST:
        raise ContractError("status: not the birth of a log of this gateway")
    log = logs.of(logid, *where)
    if log is None:
        yield elsewhere(logid, logs.get(logid), where)
        return
    yield from _returned(log, logs, books)
    logs.make_current(log)
    books.update_gateway(*where, {"version": status["version"][:64], "oldest": oldest, "next": following})
    for pair in logs.lose(log, (1, oldest - 1), "birth") if oldest > log.cursor.through + 1 else ():
        yield lost(log, pair, f"by its birth, which says that the oldest it has is {oldest}")
    public = public_key(status.get("key"))
    if public:
        yield from keys.shown(books, where, public, ring)


def _returned(log: Log, logs: Logs, books: Books) -> Iterator[Alarm]:
    """The log that a gateway writes changes. One that had been left is not taken up again by an honest machine."""
    before = logs.get(logs.current.get(log.place, log.logid))
    if before is None or before is log:
        return
    name, again = "/".join(log.place), log.continued_by is not None
    log.continued_by, before.continued_by = None, log.logid
    if again and books.alarmed(f"returned {before.logid}"):
        said = f"{name}: two machines write in its name, {log.logid} and {before.logid} in turn: its card was cloned"
        yield Alarm(f"cloned {name} {min(log.logid, before.logid)}", "cloned", *log.place, log.logid, said)
    elif again:
        said = f"{name}: {log.logid} is written again although {before.logid} had taken its place: "
        yield Alarm(f"returned {log.logid}", "returned", *log.place, log.logid, said + "a restored or a cloned card")


def elsewhere(logid: str, log: Log | None, where: Place) -> Alarm:
    """A log speaks from another gateway than the one it belongs to."""
    owner = "/".join(log.place) if log is not None else "another gateway"
    said = f"{'/'.join(where)} sends entries of {logid}, the log of {owner}: its card was cloned or moved"
    return Alarm(f"elsewhere {logid} {'/'.join(where)}", "cloned", *where, logid, said)


def _health(health: dict[str, Any]) -> dict[str, object]:
    offsets = [_number(device.get("offset_s")) for device in health["devices"]]
    unacked = health.get("oldest_unacked_s")
    state = health["clock"].get("state")
    return {
        "clock_state": state[:16] if isinstance(state, str) else None,
        "clock_offset_s": _number(health["clock"].get("offset_s")),
        "worst_offset_s": max((offset for offset in offsets if offset is not None), key=abs, default=None),
        "backlog": min(health["backlog"], _LARGEST),
        "oldest_unacked_s": min(unacked, _LARGEST) if isinstance(unacked, int) else None,
    }


def _number(value: object) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if plain else None  # type: ignore[arg-type]
