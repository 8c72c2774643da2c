"""Whatever bytes come in: a value, or ContractError; and what was built is read again."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract import audit, chain, entry, messages, topics, watermark
from tests import schemas
from tests.contract.cases_invalid import ACK, BIRTH, CENTRAL, ENTRY, HEALTH, REPLAY, REPLY

PARSERS: dict[str, tuple[Callable[[bytes], object], dict[str, Any]]] = {
    "entry": (entry.parse, ENTRY),
    "ack": (watermark.parse_ack, ACK),
    "status": (messages.parse_status, BIRTH),
    "health": (messages.parse_health, HEALTH),
    "central": (messages.parse_central, CENTRAL),
    "reply": (messages.parse_reply, REPLY),
    **{f"command-{verb}": (partial(messages.parse_command, verb), REPLAY) for verb in messages.VERBS},
}
unicode_text = st.text(st.characters(codec="utf-8"))
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | unicode_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def judge(parse: Callable[[bytes], object], raw: bytes) -> object:
    """The value or the error's text. What is read can be written again: a database or a broker will not choke on it."""
    try:
        read = parse(raw)
    except entry.ContractError as error:
        return str(error)
    json.dumps(read, allow_nan=False, ensure_ascii=False).encode()
    return read


@pytest.mark.parametrize("name", PARSERS)
@given(raw=st.binary(max_size=300))
@example(raw=b"")
@example(raw=b"[" * 16000)
@example(raw=b"1" * 8000)
@example(raw=b'{"a":' * 2500)
def test_any_bytes(name: str, raw: bytes) -> None:
    judge(PARSERS[name][0], raw)


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_right_message_with_any_member_changed(name: str, data: st.DataObject) -> None:
    parse, right = PARSERS[name]
    member = data.draw(st.sampled_from(sorted(right)))
    changed = right | {member: data.draw(json_values)}
    judge(parse, json.dumps(changed, ensure_ascii=data.draw(st.booleans())).encode(errors="surrogatepass"))


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_right_message_with_any_byte_changed(name: str, data: st.DataObject) -> None:
    parse, right = PARSERS[name]
    raw = bytearray(json.dumps(right).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    judge(parse, bytes(raw))


NO_JSON = (b"NaN", b"Infinity", b"-Infinity", b"1e999", b'"\\ud800"', b'"x\\uDFFFx"', b"[" * 5000 + b"]" * 5000)


@pytest.mark.parametrize("bad", NO_JSON, ids=lambda bad: bad[:10].decode())
def test_what_json_cannot_hold_is_no_entry(bad: bytes) -> None:
    raw = json.dumps(ENTRY).encode().replace(b'"data": {}', b'"data": {"x": ' + bad + b"}")
    with pytest.raises(entry.ContractError, match="entry: not JSON"):
        entry.parse(raw)


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    raw = json.dumps(ENTRY | {"subject": "pin:🖐"}, ensure_ascii=True).encode()
    assert entry.parse(raw)["subject"] == "pin:🖐"


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex).filter(lambda text: text != chain.GENESIS)


@given(pin=printable, number=st.integers(2, 10**20 - 1), prevhash=hashes, extra=json_values, raw=unicode_text)
def test_what_was_built_is_read_again_and_keeps_to_the_schema(
    pin: str, number: int, prevhash: str, extra: object, raw: str
) -> None:
    data: dict[str, object] = {
        "method": "finger",
        "direction": "none",
        "origin": "log",
        "clock": {"state": "synced"},
        "device": {"serial": "OKI0001", "extra": extra},
        "raw": raw,
    }
    place: dict[str, Any] = {"logid": "gw1.00112233", "sequence": number, "prevhash": prevhash}
    times: dict[str, Any] = {"recordedtime": "2026-01-19T07:28:03+07:00", "time": "2026-01-19T07:28:01Z"}
    built = entry.build("punch", source="/s/d", id="x", subject=f"pin:{pin}", **place, **times, data=data)
    event = schemas.check_entry(built, topics.log("s", "gw1", "punch"))
    assert event["data"] == data
    assert (event["subject"], int(str(event["sequence"])), event["prevhash"]) == (f"pin:{pin}", number, prevhash)


ranges = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(0, 1000)).map(lambda r: [r[0], r[0] + r[1]]), max_size=80
)


@given(through=st.integers(1, 10**20 - 1), hash_=hashes, missing=ranges)
def test_a_watermark_is_read_again_and_keeps_to_the_schema(through: int, hash_: str, missing: list[list[int]]) -> None:
    raw = watermark.build_ack("gw1.00112233", through, hash_, missing)
    schemas.check_message(topics.ack("s", "gw1"), raw)
    assert watermark.parse_ack(raw) == ("gw1.00112233", through, hash_, [tuple(pair) for pair in missing[:64]])


def test_the_words_of_audit_entries_are_those_of_the_schema() -> None:
    schema = json.loads((schemas.SCHEMAS / "audit.json").read_text())
    assert schema["properties"]["data"]["properties"]["event"]["enum"] == list(audit.EVENTS)
    assert all(line.endswith(".") and len(line) > 20 for line in audit.EVENTS.values())


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(entry.ContractError, match="audit: not a word of the list: log-lost"):
        audit.data("log-lost")


def test_the_same_member_twice_is_refused() -> None:
    with pytest.raises(entry.ContractError, match="state: given twice"):
        messages.build_central("online", writable=True, extra={"state": "offline"})


def test_a_message_that_nobody_would_read_is_not_built() -> None:
    with pytest.raises(entry.ContractError, match="reply: too large"):
        messages.build_reply("r", {"text": "x" * messages.MAX_BYTES})
