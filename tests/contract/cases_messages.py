"""The small messages and the topics of the golden vectors."""

from typing import Any

from tests.contract.cases_entries import GENESIS, LOGID, SOME_HASH

Message = dict[str, Any]


def ack(name: str, through: int, hash_: str, missing: list[list[int]], given: list[list[int]] | None = None) -> Message:
    """A watermark; `given` where the builder gets more ranges than one ack may name."""
    message = {"logid": LOGID, "through": through, "hash": hash_, "missing": missing}
    return {
        "name": name,
        "build": "ack",
        "message": message,
        "inputs": {**message, "missing": missing if given is None else given},
        "parse": "ack",
        "value": list(message.values()),
    }


def same(name: str, build: str, parse: str, message: Message, **other: Any) -> Message:
    """A message whose builder gets what it says; `other` has `inputs` where it does not."""
    return {"name": name, "build": build, "message": message, "parse": parse, **other}


def central(name: str, message: Message, *, takes: bool, inputs: Message | None = None) -> Message:
    """A status of the centre, and whether a gateway may count on it."""
    return same(name, "central", "central", message, inputs=message if inputs is None else inputs, value=takes)


def command(verb: str, name: str, **arguments: Any) -> Message:
    """A command with its arguments."""
    message = {"request": "r-17", **arguments}
    given = {"request": "r-17", "arguments": arguments}
    return same(name, "command", f"command-{verb}", message, inputs=given)


def reply(name: str, result: Message) -> Message:
    """The answer to a command that was carried out."""
    message = {"request": "r-17", "ok": True, "result": result}
    return same(name, "reply", "reply", message, inputs={"request": "r-17", "result": result})


BIRTH = {"state": "online", "logid": LOGID, "oldest": 1, "next": 98, "acked": 96, "version": "0.1.0"}
HEALTH = {
    "time": "2026-01-19T07:30:00+07:00",
    "uptime_s": 3600,
    "logid": LOGID,
    "backlog": 2,
    "oldest_unacked_s": 61,
    "last_punch": "2026-01-19T07:28:01+07:00",
    "devices": [
        {
            "id": "pintu-depan",
            "driver": "zkteco",
            "state": "ok",
            "serial": "OKI0001",
            "records": 99871,
            "offset_s": -0.5,
        },
        {"id": "pintu-belakang", "driver": "zkteco", "state": "silent", "last_punch": None},
    ],
    "clock": {"state": "synced", "offset_s": 0.125},
    "disk": {"free_mb": 12000, "log_mb": 3.5, "max_mb": 512},
    "temperature_c": 51.5,
}
UNKNOWN = HEALTH | {
    "oldest_unacked_s": None,
    "last_punch": None,
    "devices": [],
    "clock": {"state": "unset", "offset_s": None},
    "temperature_c": None,
}


def _built(message: Message) -> Message:
    return {name: value for name, value in message.items() if name not in ("state", "key", "site_name")}


RANGES = [[2 * n, 2 * n] for n in range(1, 66)]

MESSAGES = [
    ack("nothing is held yet", 0, GENESIS, []),
    ack("everything through 96 is held", 96, SOME_HASH, []),
    ack("two ranges are missing", 96, SOME_HASH, [[97, 98], [120, 120]]),
    ack("more ranges are missing than one ack names", 1, SOME_HASH, RANGES[:64], RANGES),
    ack("the largest watermark", 10**20 - 1, SOME_HASH, []),
    same("birth", "birth", "status", BIRTH, inputs=_built(BIRTH)),
    same(
        "birth that says more",
        "birth",
        "status",
        BIRTH | {"key": "a0" * 32, "site_name": "Kantor Camat · É"},
        inputs=_built(BIRTH) | {"extra": {"key": "a0" * 32, "site_name": "Kantor Camat · É"}},
    ),
    same("will", "will", "status", {"state": "lost"}, inputs={}),
    same("clean stop", "clean-stop", "status", {"state": "offline"}, inputs={}),
    same("health", "health", "health", HEALTH),
    same("health of which little is known", "health", "health", UNKNOWN),
    same(
        "health that says more",
        "health",
        "health",
        HEALTH | {"battery_v": 12.5},
        inputs=HEALTH | {"extra": {"battery_v": 12.5}},
    ),
    central("the centre takes entries", {"state": "online", "writable": True}, takes=True),
    central(
        "the centre cannot write",
        {"state": "online", "writable": False, "reason": "database: no space left"},
        takes=False,
        inputs={"state": "online", "writable": False, "extra": {"reason": "database: no space left"}},
    ),
    central("the centre stopped", {"state": "offline", "writable": False}, takes=False),
    same("the centre's will", "central-will", "central", {"state": "lost", "writable": False}, inputs={}, value=False),
    command("ping", "ping"),
    command("replay", "replay", **{"from": 5, "to": 96}),
    command("sync-clock", "sync the clock of one device", device="pintu-depan"),
    command("sync-clock", "sync the clock by the asker's time", time="2026-01-19T07:30:00+07:00"),
    command("users", "users"),
    reply("reply to ping", {"time": "2026-01-19T07:30:00+07:00", "version": "0.1.0"}),
    reply("reply to replay", {"from": 5, "to": 96, "count": 92}),
    reply("reply to sync-clock", {"clock": "synced", "offsets_s": {"pintu-depan": -431.5, "pintu-belakang": None}}),
    reply("reply to users", {"users": {"pintu-depan": 87, "pintu-belakang": None}}),
    same(
        "refusal",
        "refusal",
        "reply",
        {"request": "r-17", "ok": False, "error": "jam gateway belum tepat · not synced"},
        inputs={"request": "r-17", "error": "jam gateway belum tepat · not synced"},
    ),
]


def parsed(name: str, parse: str, text: str, value: Any) -> Message:
    """What others may send though we do not: spaces, further members, what may be left out."""
    return {"name": name, "parse": parse, "text": text, "value": value}


SPACED_ACK = f'{{ "missing": [ [97, 98] ],\n "hash": "{SOME_HASH}", "through": 96, "logid": "{LOGID}", "by": 7 }}\n'
BARE_ACK = f'{{"logid":"{LOGID}","through":0,"hash":"{GENESIS}"}}'
TOLERATED = [
    parsed("an ack in another order, with spaces and more", "ack", SPACED_ACK, [LOGID, 96, SOME_HASH, [[97, 98]]]),
    parsed("an ack without missing", "ack", BARE_ACK, [LOGID, 0, GENESIS, []]),
    parsed("a centre that went offline while it could write", "central", '{"state":"offline","writable":true}', False),
    parsed("a centre that was lost while it could write", "central", '{"state":"lost","writable":true}', False),
    parsed("a centre that says more", "central", '{"since":1.5,"writable":true,"state":"online"}', True),
]


def audit_data(name: str, data: Message, **inputs: Any) -> Message:
    """The data of an audit entry as contract.audit makes it."""
    return {"name": name, "build": "audit-data", "message": data, "inputs": inputs}


SERIAL = {"serial": "OKI0001"}
AUDIT_DATA = [
    audit_data("a word alone", {"event": "software-stopped", "detail": {}}, event="software-stopped"),
    audit_data(
        "with detail, device and raw bytes",
        {"event": "record-unreadable", "detail": {"bytes": 3}, "device": SERIAL, "raw": "00ff7e"},
        event="record-unreadable",
        detail={"bytes": 3},
        serial="OKI0001",
        raw="00ff7e",
    ),
    audit_data(
        "with an empty device and no bytes",
        {"event": "alarm", "detail": {}, "device": {"serial": ""}, "raw": ""},
        event="alarm",
        serial="",
        raw="",
    ),
]


def topic(text: str, function: str, *arguments: str) -> Message:
    """A topic and the function that makes it."""
    return {"name": text, "build": "topic", "inputs": [function, *arguments], "text": text}


TOPICS = [
    *(
        topic(f"ketuk/v1/kec-pampangan/gw1/log/{kind}", "log", "kec-pampangan", "gw1", kind)
        for kind in ("punch", "audit", "checkpoint")
    ),
    *(
        topic(f"ketuk/v1/kec-pampangan/gw1/{word}", word, "kec-pampangan", "gw1")
        for word in ("ack", "status", "health")
    ),
    *(
        topic(f"ketuk/v1/kec-pampangan/gw1/cmd/{verb}", "command", "kec-pampangan", "gw1", verb)
        for verb in ("replay", "sync-clock", "users", "ping")
    ),
    *(
        topic(f"ketuk/v1/kec-pampangan/gw1/reply/{verb}", "reply", "kec-pampangan", "gw1", verb)
        for verb in ("replay", "sync-clock", "users", "ping")
    ),
]
