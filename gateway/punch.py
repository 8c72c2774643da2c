"""From what a device said to an entry's draft: the only place where identities, times and names are decided. Pure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from contract import audit
from contract.entry import AUDIT, PUNCH
from gateway.clock import ClockState
from gateway.entries import Draft
from gateway.fitness import MAX_SERIAL, person_of, raw_of
from gateway.plain import clean, plain, text_of
from gateway.reading import Finding, Reading

EARLIEST = datetime(2015, 1, 1)  # noqa: DTZ001 - before this no device of ours recorded anything; resets give 2000
FUTURE = timedelta(minutes=2)  # beyond what the device's known offset explains
EXPLAINED = timedelta(days=366)  # a known offset explains no more: 2083 is no time that anybody punched at
_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_OURS = frozenset(("serial", "time", "why", "subject", "method", "direction", "origin", "raw_bytes", "raw_sha256"))
"""What a driver's further facts may not replace."""


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
    person = person_of(reading) if reading.known_as is None else reading.known_as
    facts = (reading.serial, f"{reading.scheme}:{person}", reading.local_time, str(reading.ordinal))
    return digest("\n".join(facts))


def digest(text: str) -> str:
    """128 bits of SHA-256, in hex; of any text, also of what no JSON reader takes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def subject(reading: Reading) -> str:
    """Who punched, as the contract writes it: `pin:1042`, `card:04A1B2C3D4E580`."""
    return f"{reading.scheme}:{clean(person_of(reading))}"


def stamp(reading: Reading, place: Place, clock: ClockFacts) -> Draft:
    """A punch, or the audit entry that keeps it when its time cannot be true. `reading` is fit (gateway.fitness)."""
    punch_id = identity(reading)
    held_id = f"implausible-{punch_id}"
    why = implausible(reading.local_time, place.zone, clock)
    if why is not None:
        return _held(reading, place, why, held_id, punch_id)
    when = datetime.fromisoformat(reading.local_time).replace(tzinfo=place.zone)
    facts: dict[str, object] = {"state": clock.state}
    if clock.offset_s is not None:
        facts["offset_s"] = clock.offset_s
    raw, cut = raw_of(reading.raw)
    device: dict[str, object] = {"serial": text_of(reading.serial, MAX_SERIAL), "time": reading.local_time, **cut}
    data: dict[str, object] = {
        "method": reading.method,
        "direction": reading.direction,
        "origin": reading.origin,
        "clock": facts,
        "device": device | _further(reading),
        "raw": raw,
    }
    return Draft(
        PUNCH, place.source, data, id=punch_id, subject=subject(reading), time=when.isoformat(), unless=held_id
    )


def implausible(local_time: str, zone: tzinfo, clock: ClockFacts) -> str | None:
    """Why a device's time cannot be true, or None. The future can only be told by a trusted clock."""
    naive = wall_time(local_time)
    if naive is None:
        return "no such date"
    if naive < EARLIEST:
        return "before any device of ours"
    if clock.now is None:
        return None
    return "in the future" if in_future(naive.replace(tzinfo=zone), clock.offset_s, clock.now) else None


def wall_time(local_time: str) -> datetime | None:
    """`YYYY-MM-DDTHH:MM:SS` as a moment of no zone; None for any other text and for days that do not exist."""
    try:
        return datetime.fromisoformat(local_time) if _FORM.fullmatch(local_time) else None
    except ValueError:
        return None


def in_future(shown: datetime, offset_s: float | None, now: datetime) -> bool:
    """Whether a device that is so far ahead cannot have shown this time yet. One that is behind was right once."""
    explained = min(timedelta(seconds=max(offset_s or 0, 0)), EXPLAINED)
    return shown - now > explained + FUTURE


def _further(reading: Reading) -> dict[str, object]:
    """What else the driver knows; beside ours, never in place of it."""
    extra = plain(reading.extra)
    return {"extra": extra} if _OURS & extra.keys() else extra


def _held(reading: Reading, place: Place, why: str, held_id: str, punch_id: str) -> Draft:
    raw, cut = raw_of(reading.raw)
    detail: dict[str, object] = {
        "why": why,
        "subject": subject(reading),
        "time": text_of(reading.local_time, 64),
        "method": reading.method,
        "direction": reading.direction,
        "origin": reading.origin,
        **cut,
    }
    data = audit.data("record-implausible", detail | _further(reading), serial=text_of(reading.serial, MAX_SERIAL))
    data["raw"] = raw
    return Draft(AUDIT, place.source, data, id=held_id, subject=subject(reading), unless=punch_id)


def evidence(finding: Finding, place: Place) -> Draft:
    """A driver's finding as an audit entry; a `key` makes finding it again the same fact. It is fit."""
    raw, cut = raw_of(finding.raw)
    data = audit.data(finding.event, plain(finding.detail) | cut, serial=text_of(finding.serial, MAX_SERIAL) or None)
    if raw is not None:
        data["raw"] = raw
    fact = None if finding.key is None else digest(f"{finding.serial}\n{finding.event}\n{finding.key}")
    return Draft(AUDIT, place.source, data, id=fact)
