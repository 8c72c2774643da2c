"""What the centre takes out of an entry's exact bytes: its place in the chain, and the columns of a punch. Pure.

The bytes are the record. Columns are made from them by these functions alone, once when they are stored and again
when they are verified.
"""

import functools
import re
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from contract import entry, topics
from contract.chain import entry_hash
from contract.entry import PUNCH, ContractError

_EPOCH = re.compile(r"[0-9a-f]{8,32}")
_KINDS = {entry.type_of(kind): kind for kind in entry.KINDS}
_LARGEST = 2**63 - 1  # what a database can count
_NUL = rb"\u0000"  # only this escape can bring one into a text


class Entry(msgspec.Struct, frozen=True, gc=False):
    """The attributes of an entry."""

    type: str
    source: str
    id: str
    recordedtime: str
    logid: str
    sequence: str
    prevhash: str
    data: dict[str, Any]
    subject: str | None = None
    time: str | None = None


_decode = msgspec.json.Decoder(Entry).decode


class Times(Protocol):
    """How a database keeps the times that entries have as text: `central.store.database.Sql`."""

    def instant(self, text: str | None) -> object:
        """An RFC 3339 text; NULL where it is none."""

    def local(self, text: str | None) -> object:
        """The same as the clock on the wall showed it, without zone and fractions."""


class Held(NamedTuple):
    """An entry that has its place in a log, with its exact bytes."""

    logid: str
    sequence: int
    kind: str
    """punch, audit or checkpoint"""
    hash: str
    raw: bytes
    event: Entry

    @property
    def key(self) -> tuple[str, int]:
        """Log and sequence."""
        return self.logid, self.sequence

    def columns(self, received: object, times: Times) -> tuple[object, ...]:
        """The row of table `entry`, as it is stored."""
        said = self.described(times)
        return (self.logid, self.sequence, received, *said, bytes.fromhex(self.hash), self.raw)

    def described(self, times: Times) -> tuple[object, ...]:
        """The columns of that row which only repeat what the bytes say: kind, source, id, recordedtime."""
        event = self.event
        said = (self.kind, event.source, event.id, times.instant(event.recordedtime))
        return _without_nul(said) if _NUL in self.raw else said

    def punch_columns(self, received: object, times: Times) -> tuple[object, ...]:
        """The row of table `punch`, as it is stored: only what the entry's own bytes say."""
        # A million times in a verification: no calls but where something is to be decided.
        event, data = self.event, self.event.data
        of, clock, device = data.get, data.get("clock"), data.get("device")
        clock = clock if isinstance(clock, dict) else {}
        device = device if isinstance(device, dict) else {}
        offset = clock.get("offset_s")
        said = (
            event.source,
            event.id,
            site_of(event.source),
            event.subject or "",
            times.instant(event.time),
            times.local(event.time),
            method if isinstance(method := of("method"), str) else "",
            direction if isinstance(direction := of("direction"), str) else "",
            state if isinstance(state := clock.get("state"), str) else "",
            offset if offset is None or isinstance(offset, float) else _number(offset),
            origin if isinstance(origin := of("origin"), str) else "",
            serial if isinstance(serial := device.get("serial"), str) else "",
            times.instant(event.recordedtime),
            received,
            self.logid,
            self.sequence,
        )
        return _without_nul(said) if _NUL in self.raw else said


def read(raw: bytes) -> Held:
    """The entry in these bytes. Raises ContractError when they are none that could ever have a place in a log."""
    entry.parse(raw)
    found = held(raw)
    gateway, _, epoch = found.logid.rpartition(".")
    if not topics.is_segment(gateway) or not _EPOCH.fullmatch(epoch):
        raise ContractError("logid: not <gateway>.<epoch>")
    if found.sequence > _LARGEST:
        raise ContractError("sequence: larger than any database counts")
    return found


def held(raw: bytes) -> Held:
    """The same of bytes that were read before. Raises ContractError when they are no entry any more."""
    try:
        event = _decode(raw)
        return Held(event.logid, int(event.sequence), _KINDS[event.type], entry_hash(raw), raw, event)
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise ContractError(f"entry: {error}") from error


def arrived(topic: str, payload: bytes) -> tuple[str, str, Held]:
    """Site, gateway and the entry that came on `topic`. Raises ContractError when that gateway has no such log."""
    site, gateway = place(topic)
    found = read(payload)
    if found.logid.rpartition(".")[0] != gateway:
        raise ContractError(f"logid: {found.logid} is not a log of {gateway}")
    return site, gateway, found


def place(topic: str) -> tuple[str, str]:
    """Site and gateway of a topic. Raises ContractError."""
    site, gateway, _ = topics.split(topic) or ("", "", "")
    if not topics.is_site(site) or not topics.is_segment(gateway):
        raise ContractError("topic: not one of a gateway")
    return site, gateway


@functools.lru_cache(4096)
def site_of(source: str) -> str:
    """`kec-pampangan` of `/kec-pampangan/pintu-depan`; empty where there is none."""
    parts = source.split("/")
    return parts[1] if len(parts) == 3 and not parts[0] else ""


def is_punch_of(found: Held, site: str) -> bool:
    """Whether it is a punch at a device of that site: nobody may speak for the devices of another office."""
    return found.kind == PUNCH and site_of(found.event.source) == site


def instant(text: str | None) -> datetime | None:
    """The instant of an RFC 3339 text; None for anything else, a day that does not exist, or one without offset."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    # At the ends of the calendar other zones have no name for it.
    return when if when.tzinfo is not None and 1 < when.year < 9999 else None


def _without_nul(values: tuple[object, ...]) -> tuple[object, ...]:
    """PostgreSQL's text cannot hold NUL."""
    return tuple(v.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(v, str) else v for v in values)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
