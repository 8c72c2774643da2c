"""What the terminal said, as the reports of `gateway.reading`. Pure."""

from hashlib import sha256

from gateway.drivers.zkteco import codes
from gateway.drivers.zkteco.attlog import Row
from gateway.drivers.zkteco.names import Names
from gateway.reading import Finding, Origin, Reading

MAX_RAW = 2048
"""Bytes of evidence kept in one finding; longer evidence is cut, with its length and digest beside it."""


def reading(
    row: Row,
    raw: bytes,
    *,
    serial: str,
    names: Names,
    ordinal: int,
    origin: Origin,
    record: int | None = None,
    cursor: str | None = None,
) -> Reading:
    """A punch. `record` is its place in the log, for a terminal that names people only by a reused number."""
    extra: dict[str, object] = {"verify": row.verify, "state": row.state}
    if row.work_code:
        extra["work_code"] = row.work_code
    person, extra["id_source"] = row.person, "device"
    if person is None and row.uid is not None:
        extra["uid"] = row.uid
        person = names.resolve(row.uid, record)
        extra["id_source"] = "unknown" if person is None else "lookup"
    return Reading(
        serial=serial,
        person=f"uid-{row.uid}" if person is None else person,
        local_time=row.local_time,
        raw=raw,
        method=codes.method(row.verify),
        direction=codes.direction(row.state),
        origin=origin,
        ordinal=ordinal,
        extra=extra,
        known_as=None if row.uid is None else f"uid-{row.uid}",
        cursor=cursor,
    )


def unreadable(serial: str, raw: bytes, reason: str, *, origin: Origin, occurrence: int = 0) -> Finding:
    """Bytes that could not be decoded; the same bytes found again are the same fact, unless they occur twice."""
    digest = sha256(raw).hexdigest()[:24]
    detail: dict[str, object] = {"reason": reason, "origin": origin}
    if len(raw) > MAX_RAW:
        detail |= {"bytes": len(raw), "sha256": sha256(raw).hexdigest()}
    key = f"record-unreadable:{serial}:{digest}:{occurrence}" if origin == "log" else None
    return Finding("record-unreadable", serial, detail, raw[:MAX_RAW], key)
