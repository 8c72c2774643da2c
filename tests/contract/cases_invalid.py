"""What is not an entry, an ack or another message, and the error that it must give, or how it begins."""

import json
from typing import Any

from tests.contract.cases_entries import LOGID, SOME_HASH

ENTRY: dict[str, Any] = {
    "specversion": "1.0",
    "type": "ketuk.punch.v1",
    "source": "/kec-pampangan/pintu-depan",
    "id": "5e884898da280471",
    "subject": "pin:1042",
    "time": "2026-01-19T07:28:01+07:00",
    "recordedtime": "2026-01-19T07:28:03+07:00",
    "logid": LOGID,
    "sequence": "7".zfill(20),
    "prevhash": SOME_HASH,
    "datacontenttype": "application/json",
    "data": {},
}
ACK: dict[str, Any] = {"logid": LOGID, "through": 96, "hash": SOME_HASH, "missing": [[97, 98]]}
BIRTH: dict[str, Any] = {"state": "online", "logid": LOGID, "oldest": 1, "next": 98, "acked": 96, "version": "0.1.0"}
HEALTH: dict[str, Any] = {
    "time": "x",
    "logid": LOGID,
    "uptime_s": 1,
    "backlog": 0,
    "clock": {},
    "disk": {},
    "devices": [],
}
CENTRAL: dict[str, Any] = {"state": "online", "writable": True}
REPLAY: dict[str, Any] = {"request": "r", "from": 1, "to": 2}
REPLY: dict[str, Any] = {"request": "r", "ok": True, "result": {}}


def wrong(parse: str, error: str, message: dict[str, Any], *without: str, **changed: Any) -> dict[str, Any]:
    """A right message with some members left out or changed."""
    made = {name: value for name, value in message.items() if name not in without} | changed
    return named(parse, error, text=json.dumps(made, ensure_ascii=False, separators=(",", ":")))


def named(parse: str, error: str, **raw: Any) -> dict[str, Any]:
    """Bytes that are wrong from the ground up."""
    return {"name": f"{parse} {error or raw}", "parse": parse, **raw, "error": error}


NOT_JSON = ("", " ", "{", '{"a":1} x', "{'a':1}", "\u0000", "nul")
NO_OBJECT: tuple[Any, ...] = (None, [], "text")
NO_RANGES: tuple[Any, ...] = ({}, "x", None, [[1, 2]] * 65)
NO_PAIRS: tuple[Any, ...] = (1, [], [1], [1, 2, 3], ["1", 2], [1, True], [1, -2])
NO_DEVICES: tuple[Any, ...] = (None, {}, [1])
NO_SEQUENCE = ("7", "0" * 20, "0" * 18 + "-7", "0" * 20 + "7", "٧" * 20, " " * 19 + "7")
NO_TYPE = ("punch", "ketuk.punch.v2", "ketuk.tap.v1", "other.punch.v1", "ketuk.punch.v1.x")
INVALID = [
    *(named("entry", "entry: not JSON", text=text) for text in NOT_JSON),
    *(named("ack", "ack: not JSON", text=text) for text in NOT_JSON),
    *(named("status", "status: not JSON", text=text) for text in NOT_JSON[:3]),
    named("entry", "entry: not JSON", hex="7b2261223a22ff227d"),
    named("entry", "entry: not JSON", hex="efbbbf7b7d"),
    named("ack", "ack: not JSON", text="[", times=8000),
    named("ack", "ack: too large", text="[", times=8193),
    named("entry", "entry: 16385 bytes, at most 16384 are allowed", text=" ", times=16385),
    named("health", "health: too large", text=" ", times=65537),
    *(named("entry", "entry: not a JSON object", text=text) for text in ("[]", "null", "7", '"text"', "true")),
    *(
        wrong("entry", f"{name}: missing or not text", ENTRY, name)
        for name in ENTRY
        if name not in ("subject", "time", "data")
    ),
    *(
        wrong("entry", f"{name}: not text", ENTRY, **{name: value})
        for name in ("subject", "time")
        for value in (None, 1042)
    ),
    wrong("entry", "sequence: missing or not text", ENTRY, sequence=7),
    wrong("entry", "specversion: not 1.0", ENTRY, specversion="0.3"),
    *(wrong("entry", f"type: not one of ours: {t}", ENTRY, type=t) for t in NO_TYPE),
    *(wrong("entry", "sequence: not 20 digits from 1", ENTRY, sequence=s) for s in NO_SEQUENCE),
    *(
        wrong("entry", "prevhash: not 64 hex digits", ENTRY, prevhash=h)
        for h in ("", "0" * 63, "0" * 65, "G" * 64, "AB" * 32)
    ),
    wrong("entry", "logid: not <gateway>.<epoch>", ENTRY, logid="gw1"),
    *(wrong("entry", "data: missing or not an object", ENTRY, data=data) for data in NO_OBJECT),
    wrong("entry", "data: missing or not an object", ENTRY, "data"),
    wrong("ack", "ack.logid: missing or not text", ACK, "logid"),
    *(wrong("ack", "ack.through: not a whole number", ACK, through=n) for n in (None, -1, 1.5, "96", True, 10**20)),
    *(wrong("ack", "ack.hash: not 64 hex digits", ACK, hash=h) for h in (None, "", "F" * 64, 7)),
    wrong("ack", "ack.hash: not zeros though through is 0", ACK, through=0),
    *(wrong("ack", "ack.missing: not a list of at most 64 ranges", ACK, missing=m) for m in NO_RANGES),
    *(wrong("ack", "ack.missing: not pairs of whole numbers", ACK, missing=[m]) for m in NO_PAIRS),
    *(wrong("ack", "ack.missing: a range is empty or starts below 1", ACK, missing=[m]) for m in ([0, 1], [2, 1])),
    *(wrong("status", "status.state: not online, offline or lost", BIRTH, state=s) for s in (None, "ready", 1)),
    *(wrong("status", f"status.{name}: missing or not text", BIRTH, name) for name in ("logid", "version")),
    *(
        wrong("status", f"status.{name}: missing or not a whole number", BIRTH, **{name: -1})
        for name in ("oldest", "next", "acked")
    ),
    *(wrong("health", f"health.{name}: missing or not text", HEALTH, name) for name in ("time", "logid")),
    *(
        wrong("health", f"health.{name}: missing or not a whole number", HEALTH, **{name: True})
        for name in ("uptime_s", "backlog")
    ),
    *(wrong("health", f"health.{name}: missing or not an object", HEALTH, **{name: []}) for name in ("clock", "disk")),
    *(wrong("health", "health.devices: missing or not a list of objects", HEALTH, devices=d) for d in NO_DEVICES),
    wrong("central", "central.state: not online, offline or lost", CENTRAL, state="up"),
    *(
        wrong("central", "central.writable: missing or not true or false", CENTRAL, writable=w)
        for w in (None, 1, "true")
    ),
    named("command-reboot", "command: no such verb: reboot", text='{"request":"r"}'),
    wrong("command-ping", "command.request: missing or not text", REPLAY, "request"),
    *(wrong("command-ping", "command.request: not 1 to 64 characters", REPLAY, request=r) for r in ("", "r" * 65)),
    *(
        wrong("command-replay", f"command.{name}: missing or not a whole number", REPLAY, name)
        for name in ("from", "to")
    ),
    *(
        wrong("command-replay", "command.from: not from 1 up to `to`", REPLAY, **span)
        for span in ({"from": 0}, {"from": 3})
    ),
    *(
        wrong(f"command-{verb}", "command.device: missing or not text", REPLAY, device=1)
        for verb in ("users", "sync-clock")
    ),
    wrong("command-sync-clock", "command.time: missing or not text", REPLAY, time=1768782600),
    wrong("reply", "reply.request: missing or not text", REPLY, request=7),
    *(wrong("reply", "reply.ok: missing or not true or false", REPLY, ok=ok) for ok in (None, 1, "yes")),
    wrong("reply", "reply.result: missing or not an object", REPLY, result=[]),
    wrong("reply", "reply.error: missing or not text", REPLY, ok=False),
]
