"""The entries of the golden vectors. People, serials and keys are made up."""

from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

GENESIS = "0" * 64
SOME_HASH = "c0ffee" + "5" * 58
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

LOGID = "gw1.7f3a9c2e"
RECORDED = "2026-01-19T07:28:03+07:00"


def entry(name: str, kind: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """A case: the usual attributes, or others."""
    usual = {"source": "/kec-pampangan/pintu-depan", "id": "5e884898da280471", "logid": LOGID, "sequence": 7}
    usual |= {"prevhash": SOME_HASH, "recordedtime": RECORDED}
    return {"name": name, "kind": kind, **usual, **attributes, "data": data}


def punch(name: str, /, *, timed: bool = True, data: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """A case of a punch; `data` replaces members of the usual data."""
    usual = {
        "method": "finger",
        "direction": "in",
        "origin": "live",
        "clock": {"state": "synced", "offset_s": 0.5},
        "device": {"serial": "OKI0001", "time": "2026-01-19T07:28:01"},
        "raw": "3130343200",
    }
    time = {"time": "2026-01-19T07:28:01+07:00"} if timed else {}
    return entry(name, "punch", usual | (data or {}), **{"subject": "pin:1042", **time, **attributes})


def audit(
    name: str, event: str, detail: dict[str, Any], *, about: dict[str, Any] | None = None, **attributes: Any
) -> dict[str, Any]:
    """A case of an audit entry; `about` has device and raw."""
    usual = {"source": "/kec-pampangan/gw1", "id": f"{LOGID}-00000000000000000007"}
    return entry(name, "audit", {"event": event, "detail": detail, **(about or {})}, **(usual | attributes))


def signed(sequence: int, hash_: str, logid: str = LOGID) -> dict[str, Any]:
    """The data of a checkpoint after the entry `sequence`, signed by KEY as checkpoint.json says."""
    digits = str(sequence).zfill(20)
    signature = KEY.sign(f"ketuk.checkpoint.v1\n{logid}\n{digits}\n{hash_}".encode()).hex()
    return {
        "sequence": digits,
        "hash": hash_,
        "algorithm": "ed25519",
        "key": "56475aa75463474c",
        "signature": signature,
    }


CONTROL = "".join(map(chr, range(0x20))) + "\x7f\u0080\u2028\u2029"
READER: dict[str, Any] = {"source": "/sd-negeri-3/kartu-1", "logid": "kartu-1.00c0ffee00c0ffee"}

ENTRIES = [
    punch("the first entry of a log", sequence=1, prevhash=GENESIS),
    punch("the last sequence that fits", sequence=10**20 - 1),
    punch("a sequence above 2^63", sequence=2**63),
    punch(
        "read from the device's log, its clock an hour ahead",
        data={
            "origin": "log",
            "clock": {"state": "holdover", "offset_s": 3600.25},
        },
    ),
    punch(
        "no clock could be trusted",
        timed=False,
        recordedtime="2000-01-01T00:00:09Z",
        data={
            "clock": {"state": "unset", "boot": 17, "ticks_ms": 9125},
            "device": {"serial": "OKI0001"},
        },
    ),
    punch(
        "31 February by the device",
        timed=False,
        data={
            "clock": {"state": "unset"},
            "device": {"serial": "OKI0001", "time": "2026-02-31T07:28:01"},
        },
    ),
    punch(
        "a card of 4 bytes at a reader with its own log",
        **READER,
        id="00c0ffee00c0ffee-7",
        subject="card:04A1B2C3",
        data={"method": "card", "direction": "none", "device": {"serial": "24:6F:28:AA:BB:CC"}, "raw": "04a1b2c3"},
    ),
    punch("a card of 7 bytes", subject="card:04A1B2C3D4E580", data={"method": "card", "raw": "04a1b2c3d4e580"}),
    punch("a card of 10 bytes", subject="card:04A1B2C3D4E5F6071829", data={"method": "card"}),
    punch(
        "a face, sent by the device",
        data={
            "method": "face",
            "direction": "out",
            "origin": "push",
            "raw": "1042\t2026-01-19 07:28:01\t1\t15\t0\t0\t0",
        },
    ),
    punch("a palm", data={"method": "palm", "direction": "break_out"}),
    punch("a PIN", data={"method": "pin", "direction": "break_in"}),
    punch("a password", data={"method": "password", "direction": "overtime_in"}),
    punch("another method", data={"method": "other", "direction": "overtime_out"}),
    punch("a person reference with leading zeros", subject="pin:000042"),
    punch("a time in UTC", time="2026-01-19T00:28:01Z"),
    punch("a time west of Greenwich, with a fraction", time="2026-01-18T20:28:01.125-04:00"),
    punch("names of 32 characters", source=f"/{'a' * 32}/{'9-' * 16}", logid=f"{'g' * 32}.{'0f' * 16}"),
    punch(
        "text that is not ASCII",
        subject="pin:Ñandú-ĝ",
        data={
            "device": {"serial": "OKI0001", "name": "Camat Pampangan · ꦏꦶ · 指紋 · 🖐🏽", "é": "e\u0301"},
            "raw": "ÿ",
        },
    ),
    punch("control characters", data={"device": {"serial": "OKI0001", "text": CONTROL}, "raw": CONTROL}),
    punch("quotes, backslashes and slashes", data={"raw": '\\"/\\u0041\\', "device": {"serial": 'a"b\\c'}}),
    punch(
        "numbers, truth and nothing",
        data={
            "device": {
                "serial": "",
                "n": [0, -1, 2**53 + 1, 10**19, 2.125, -3600.25],
                "yes": True,
                "no": False,
                "nothing": None,
                "empty": {},
                "none": [],
                "deep": [[{"a": [{}]}]],
            }
        },
    ),
    punch(
        "members whose names sort otherwise",
        data={"device": {"serial": "z", "b": 1, "a": 2, "B": 3, "": 4, "10": 5, "9": 6}},
    ),
    audit("a log begins", "log-created", {"reason": "first start"}, sequence=1, prevhash=GENESIS),
    audit(
        "a log that the centre knows otherwise", "log-forked", {"previous": "gw1.00112233", "through": 96, "carried": 4}
    ),
    audit(
        "lost ranges of a bad segment",
        "log-damaged",
        {"file": "00000000000000000041.log.bad", "lost": [[41, 47], [50, 50]]},
    ),
    audit("the software starts", "software-started", {"version": "0.1.0", "clean": False}, time=RECORDED),
    audit(
        "we set a terminal's clock",
        "terminal-clock-set",
        {"before_s": -431.5, "after_s": 0.25},
        about={"device": {"serial": "OKI0001"}},
        source="/kec-pampangan/pintu-depan",
        time="2026-01-19T07:28:03.500+07:00",
    ),
    audit(
        "a terminal's clock jumped",
        "terminal-clock-stepped",
        {"from_s": 0.5, "to_s": -3600.0},
        about={"device": {"serial": "OKI0001"}},
    ),
    audit(
        "a terminal's log was emptied", "log-cleared", {"had": 99871, "has": 0}, about={"device": {"serial": "OKI0001"}}
    ),
    audit(
        "bytes that are no record",
        "record-unreadable",
        {"reason": "layout unknown", "bytes": 7},
        about={"device": {"serial": "OKI0001"}, "raw": "00ff10203040fe"},
    ),
    audit(
        "somebody opened a terminal",
        "tamper-alarm",
        {"code": 55},
        about={"device": {"serial": "OKI0001"}},
        id="tamper-5e884898",
    ),
    audit("a device is silent", "device-silent", {"since": "2026-01-19T07:20:00+07:00"}),
    audit("the disk fills", "disk-80", {"used_percent": 81}),
    entry(
        "a checkpoint",
        "checkpoint",
        signed(6, SOME_HASH),
        source="/kec-pampangan/gw1",
        id=f"{LOGID}-00000000000000000007",
    ),
]


def chained(vector: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Five entries, each with the hash of the one before; the last but one is a checkpoint."""
    before = GENESIS
    makers: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
        lambda place: audit("1: the log is created", "log-created", {"reason": "first start"}, **place),
        lambda place: punch("2: a punch", **place),
        lambda place: punch("3: another, without time", timed=False, **place, data={"clock": {"state": "unset"}}),
        lambda place: entry("4: a checkpoint", "checkpoint", signed(3, before), **place, source="/kec-pampangan/gw1"),
        lambda place: audit("5: stopped", "software-stopped", {}, **place),
    ]
    for number, make in enumerate(makers, 1):
        case = make({"sequence": number, "prevhash": before, "id": f"fact-{number}"})
        before = vector(case)["hash"]
        yield case
