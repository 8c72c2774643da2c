"""The schemas are strict where the contract is: each of these is one step away from a right message."""

import json
from typing import Any

import pytest

from contract import entry, topics
from tests import schemas
from tests.contract.cases_entries import LOGID, RECORDED, SOME_HASH, signed
from tests.contract.cases_invalid import ACK, BIRTH, CENTRAL, ENTRY, REPLAY, REPLY
from tests.contract.cases_messages import HEALTH

PUNCH = ENTRY | {
    "data": {
        "method": "finger",
        "direction": "in",
        "origin": "live",
        "clock": {"state": "synced"},
        "device": {"serial": "OKI0001"},
        "raw": "00",
    }
}
AUDIT = ENTRY | {"type": "ketuk.audit.v1", "data": {"event": "alarm", "detail": {}}}
CHECKPOINT = ENTRY | {"type": "ketuk.checkpoint.v1", "data": signed(6, SOME_HASH)}
RIGHT: dict[str, dict[str, Any]] = {
    "punch": PUNCH,
    "audit": AUDIT,
    "checkpoint": CHECKPOINT,
    "ack": ACK,
    "status": BIRTH,
    "health": HEALTH,
    "central-status": CENTRAL,
    "command-replay": REPLAY,
    "reply-replay": REPLY | {"result": {"from": 1, "to": 2, "count": 2}},
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_message(name: str) -> None:
    schemas.check(name, RIGHT[name])


def data(right: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Members of `data` changed; None takes one away."""
    made = right["data"] | changed
    return {"data": {name: value for name, value in made.items() if value is not None}}


FIRST = "1".zfill(20)
NO_TIME = (
    "2026-01-19T07:28:01",
    "2026-01-19 07:28:01+07:00",
    "2026-02-31T07:28:01Z",
    "2026-01-19T25:00:00Z",
    "1768782600",
    "2026-01-19T07:28:01+0700",
    "٢٠٢٦-01-19T07:28:01Z",
)
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("punch", {"type": "ketuk.audit.v1"}),
    ("punch", {"extra": "x"}),
    ("punch", {"subject": None}),
    ("punch", {"subject": "1042"}),
    ("punch", {"subject": "pin:"}),
    ("punch", {"subject": "pin:10\n42"}),
    ("punch", {"subject": "card:04a1"}),
    ("punch", {"subject": "card:04A"}),
    ("punch", {"source": "kec-pampangan/pintu-depan"}),
    ("punch", {"source": "/central/pintu-depan"}),
    ("punch", {"source": "/Kec/pintu-depan"}),
    ("punch", {"id": ""}),
    ("punch", {"id": "a b"}),
    ("punch", {"logid": "gw1.XYZ"}),
    ("punch", {"logid": "gw1.7f3"}),
    ("punch", {"sequence": FIRST}),
    ("punch", {"prevhash": "0" * 64}),
    ("punch", {"prevhash": SOME_HASH + "\n"}),
    ("punch", {"datacontenttype": "text/json"}),
    *(("punch", {"time": time}) for time in NO_TIME),
    ("punch", data(PUNCH, method="thumb")),
    ("punch", data(PUNCH, direction="inside")),
    ("punch", data(PUNCH, origin="replay")),
    ("punch", data(PUNCH, clock={})),
    ("punch", data(PUNCH, clock={"state": "good"})),
    ("punch", data(PUNCH, clock={"state": "synced", "offset_s": "1"})),
    ("punch", data(PUNCH, clock={"state": "synced", "drift": 1})),
    ("punch", data(PUNCH, device={})),
    ("punch", data(PUNCH, device={"serial": 7})),
    *(("punch", data(PUNCH, **{name: None})) for name in PUNCH["data"]),
    ("punch", data(PUNCH, late=True)),
    ("audit", {"type": "ketuk.punch.v1"}),
    ("audit", data(AUDIT, event="log-lost")),
    ("audit", data(AUDIT, detail=None)),
    ("audit", data(AUDIT, raw="0g")),
    ("audit", data(AUDIT, device={"serial": "x", "model": "y"})),
    ("audit", data(AUDIT, more=1)),
    ("checkpoint", data(CHECKPOINT, signature="00")),
    ("checkpoint", data(CHECKPOINT, algorithm="rsa")),
    ("checkpoint", data(CHECKPOINT, key=None)),
    ("ack", {"more": 1}),
    ("ack", {"missing": None}),
    ("ack", {"hash": "0" * 64}),
    ("status", {"state": "ready"}),
    ("status", {"state": "lost"}),
    ("health", {"backlog": None}),
    ("health", {"devices": [{"id": "x", "driver": "zkteco", "state": "asleep"}]}),
    ("health", {"clock": {"state": "good"}}),
    ("central-status", {"state": "lost"}),
    ("central-status", {"writable": "yes"}),
    ("command-replay", {"from": 0}),
    ("command-replay", {"request": ""}),
    ("reply-replay", {"ok": False}),
    ("reply-replay", {"result": {}}),
]


@pytest.mark.parametrize(("name", "changed"), WRONG, ids=lambda value: json.dumps(value)[:60])
def test_one_step_away(name: str, changed: dict[str, Any]) -> None:
    made = RIGHT[name] | changed
    message = {member: value for member, value in made.items() if value is not None}
    with pytest.raises(AssertionError, match=f"^not a valid {name}: "):
        schemas.check(name, message)


def raw(**changed: str) -> bytes:
    return json.dumps(AUDIT | changed).encode()


def test_an_entry_is_held_against_its_topic() -> None:
    schemas.check_entry(raw(), topics.log("kec-pampangan", "gw1", "audit"))
    for topic, words in (
        (topics.log("kec-pampangan", "gw2", "audit"), f"logid {LOGID} on"),
        (topics.log("kec-cengal", "gw1", "audit"), "source /kec-pampangan/pintu-depan on"),
        (topics.log("kec-pampangan", "gw1", "punch"), "not a valid punch"),
        (topics.log("kec-pampangan", "gw1", "logs"), "not a topic of the contract"),
    ):
        with pytest.raises(AssertionError, match=words):
            schemas.check_entry(raw(), topic)


NO_TOPIC = (
    "ketuk/v1/a/b",
    "ketuk/v2/a/b/ack",
    "/ketuk/v1/a/b/ack",
    "ketuk/v1/central/b/ack",
    "ketuk/v1/A/b/ack",
    "ketuk/v1/a/b/ack/x",
    "ketuk/v1/a/b/cmd/reboot",
)


@pytest.mark.parametrize("topic", NO_TOPIC)
def test_no_topic_of_ours(topic: str) -> None:
    with pytest.raises(AssertionError, match="not a topic of the contract"):
        schemas.check_message(topic, b"{}")


def test_what_is_no_entry_is_no_message() -> None:
    with pytest.raises(entry.ContractError):
        schemas.check_message(topics.log("a", "b", "punch"), RECORDED.encode())
