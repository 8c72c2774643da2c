"""What the centre takes out of an entry's exact bytes: its place in the chain, and the columns of a punch. Pure.

The bytes are the record. Columns are made from them by these functions alone, once when they are stored and again
when they are verified.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from contract import entry, topics
from contract.chain import entry_hash
from contract.entry import PUNCH, ContractError

_EPOCH = re.compile(r"[0-9a-f]{8,32}")
_PUNCH = entry.type_of(PUNCH)
_LARGEST = 2**63 - 1  # what a database can count


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


class Held(NamedTuple):
    """An entry that has its place in a log, with its exact bytes."""

    logid: str
    sequence: int
    hash: str
    raw: bytes
    event: Entry

    @property
    def key(self) -> tuple[str, int]:
        """Log and sequence."""
        return self.logid, self.sequence

    @property
    def kind(self) -> str:
        """punch, audit or checkpoint."""
        return self.event.type.split(".")[1]

    def columns(self, received: datetime) -> tuple[object, ...]:
        """The row of table `entry`."""
        event = self.event
        place = (self.logid, self.sequence, received, self.kind, _tidy(event.source), _tidy(event.id))
        return (*place, instant(event.recordedtime), bytes.fromhex(self.hash), self.raw)


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
        return Held(event.logid, int(event.sequence), entry_hash(raw), raw, event)
    except (msgspec.DecodeError, ValueError) as error:
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


def site_of(source: str) -> str:
    """`kec-pampangan` of `/kec-pampangan/pintu-depan`; empty where there is none."""
    parts = source.split("/")
    return parts[1] if len(parts) == 3 and not parts[0] else ""


def punch_columns(found: Held, received: datetime) -> tuple[object, ...]:
    """The row of table `punch`: only what the entry's own bytes say."""
    event, data = found.event, found.event.data
    clock, device = _mapping(data, "clock"), _mapping(data, "device")
    when = instant(event.time)
    return (
        _tidy(event.source),
        _tidy(event.id),
        site_of(event.source),
        _tidy(event.subject or ""),
        when,
        None if when is None else when.replace(tzinfo=None, microsecond=0),
        _text(data, "method"),
        _text(data, "direction"),
        _text(clock, "state"),
        _number(clock.get("offset_s")),
        _text(data, "origin"),
        _text(device, "serial"),
        instant(event.recordedtime),
        received,
        found.logid,
        found.sequence,
    )


def is_punch_of(found: Held, site: str) -> bool:
    """Whether it is a punch at a device of that site: nobody may speak for the devices of another office."""
    return found.event.type == _PUNCH and site_of(found.event.source) == site


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


def _mapping(parent: dict[str, Any], name: str) -> dict[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _text(parent: dict[str, Any], name: str) -> str:
    found = parent.get(name)
    return _tidy(found) if isinstance(found, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _tidy(text: str) -> str:
    """Without NUL, which no column can hold in PostgreSQL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
