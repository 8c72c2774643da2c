"""From what a device said to an entry's draft: the only place where identities, times and names are decided. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from contract import audit
from contract.entry import AUDIT, PUNCH
from gateway.clock import ClockState
from gateway.entries import Draft
from gateway.reading import Finding, Reading

EARLIEST = datetime(2015, 1, 1)  # noqa: DTZ001 - before this no device of ours recorded anything; resets give 2000
FUTURE = timedelta(minutes=2)  # beyond what the device's known offset explains
MAX_RAW = 4096  # bytes of a record that travel in an entry; no device's record is nearly as long
MAX_NAME = 128  # characters of a person or a serial number


class Place(NamedTuple):
    """Where a device stands."""

    site: str
    device: str
    zone: tzinfo

    @property
    def source(self) -> str:
        return f"/{self.site}/{self.device}"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What is known about a device's clock when its reading is stamped."""

    state: ClockState
    offset_s: float | None = None
    """The device's clock minus the trusted one, seconds; None when never compared."""
    now: datetime | None = None
    """The trusted time; None when the gateway's clock cannot be believed either."""


def identity(reading: Reading) -> str:
    """Identity of a punch: 128 bits of SHA-256 over serial, person, device-local second and ordinal.

    State and verify mode stay out on purpose: firmware reports them differently live and in the log.
    """
    facts = "\n".join((reading.serial, subject(reading), reading.local_time, str(reading.ordinal)))
    return hashlib.sha256(facts.encode("utf-8", "replace")).hexdigest()[:32]


def subject(reading: Reading) -> str:
    """Who punched, as the contract writes it: `pin:1042`, `card:04A1B2C3D4E580`."""
    return f"{reading.scheme}:{_text(reading.person)}"


def stamp(reading: Reading, place: Place, clock: ClockFacts) -> Draft:
    """A punch, or the audit entry that keeps it when its time cannot be true."""
    punch_id = identity(reading)
    held_id = f"implausible-{punch_id}"
    why = implausible(reading.local_time, place.zone, clock)
    if why is not None:
        return _quarantined(reading, place, why, held_id, punch_id)
    when = datetime.fromisoformat(reading.local_time).replace(tzinfo=place.zone)
    facts: dict[str, object] = {"state": clock.state}
    if clock.offset_s is not None:
        facts["offset_s"] = clock.offset_s
    data: dict[str, object] = {
        "method": reading.method,
        "direction": reading.direction,
        "origin": reading.origin,
        "clock": facts,
        "device": {"serial": _text(reading.serial), "time": reading.local_time, **reading.extra},
        "raw": reading.raw[:MAX_RAW].hex(),
    }
    return Draft(
        PUNCH, place.source, data, id=punch_id, subject=subject(reading), time=when.isoformat(), unless=held_id
    )


def implausible(local_time: str, zone: tzinfo, clock: ClockFacts) -> str | None:
    """Why a device's time cannot be true, or None. The future can only be told by a trusted clock."""
    try:
        naive = datetime.fromisoformat(local_time)
    except ValueError:
        return "no such date"
    if naive < EARLIEST:
        return "before any device of ours"
    if clock.now is None:
        return None
    explained = timedelta(seconds=clock.offset_s or 0)
    return "in the future" if naive.replace(tzinfo=zone) - explained > clock.now + FUTURE else None


def _quarantined(reading: Reading, place: Place, why: str, held_id: str, punch_id: str) -> Draft:
    detail: dict[str, object] = {
        "why": why,
        "subject": subject(reading),
        "time": reading.local_time,
        "method": reading.method,
        "direction": reading.direction,
        "origin": reading.origin,
        **reading.extra,
    }
    data = audit.data("record-implausible", detail, serial=_text(reading.serial), raw=reading.raw[:MAX_RAW])
    return Draft(AUDIT, place.source, data, id=held_id, subject=subject(reading), unless=punch_id)


def evidence(finding: Finding, place: Place) -> Draft:
    """A driver's finding as an audit entry; a `key` makes finding it again the same fact."""
    raw = None if finding.raw is None else finding.raw[:MAX_RAW]
    data = audit.data(finding.event, finding.detail, serial=_text(finding.serial) or None, raw=raw)
    fact = None
    if finding.key is not None:
        text = f"{finding.serial}\n{finding.event}\n{finding.key}"
        fact = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    return Draft(AUDIT, place.source, data, id=fact)


def _text(value: str) -> str:
    """Text that every JSON reader takes: no lone surrogates, of bounded length."""
    return value[:MAX_NAME].encode("utf-8", "replace").decode()
