"""The golden vectors hold under CPython and under the real MicroPython, and nobody changed them unawares."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract import messages, topics
from tests import schemas
from tests.contract import make_vectors
from tests.contract.cases_entries import KEY

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("run_vectors.py")
MICROPYTHON = Path(sys.executable).with_name("micropython")
SITE, GATEWAY = "kec-pampangan", "gw1"


def vectors(file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((make_vectors.FOLDER / file).read_text())
    return found


def run(interpreter: str | Path) -> list[str]:
    done = subprocess.run([interpreter, RUNNER, ROOT], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.splitlines()


def test_every_vector_holds_under_cpython_and_micropython() -> None:
    written = sum(len(vectors(path.name)) for path in make_vectors.FOLDER.glob("*.json"))
    here, there = run(sys.executable), run(MICROPYTHON)
    assert here == there
    assert here[-1] == f"{written} passed, 0 failed"
    assert written >= 20


def test_the_runner_notices_a_wrong_byte(tmp_path: Path) -> None:
    """A copy of the contract whose entries say `fail` for `ketuk` fails every vector of an entry."""
    for name in ("contract/vectors", "tests/contract"):
        (tmp_path / name).mkdir(parents=True)
    for path in (ROOT / "contract").glob("*.py"):
        (tmp_path / "contract" / path.name).write_text(path.read_text().replace('"ketuk."', '"fail."'))
    entries = make_vectors.FOLDER / "entries.json"
    (tmp_path / "contract" / "vectors" / entries.name).write_text(entries.read_text())
    for interpreter in (sys.executable, MICROPYTHON):
        done = subprocess.run([interpreter, RUNNER, tmp_path], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert done.stdout.splitlines()[-1] == f"0 passed, {len(vectors('entries.json'))} failed"


def test_the_vectors_are_what_the_generator_makes_without_our_code() -> None:
    assert make_vectors.difference() == ""


def values(read: Any) -> Any:
    """A vector's value as plain JSON."""
    if isinstance(read, dict):
        return {name: values(one) for name, one in read["pairs"]}
    return [values(one) for one in read] if isinstance(read, list) else read


@pytest.mark.parametrize(
    "vector", [*vectors("entries.json"), *vectors("chain.json")], ids=lambda vector: vector["name"]
)
def test_entries_keep_to_their_schema(vector: dict[str, Any]) -> None:
    event = values(vector["value"])
    site, gateway = event["source"].split("/")[1], event["logid"].split(".")[0]
    schemas.check_entry(vector["text"].encode(), topics.log(site, gateway, event["type"].split(".")[1]))


@pytest.mark.parametrize("vector", vectors("messages.json"), ids=lambda vector: vector["name"])
def test_messages_keep_to_their_schema(vector: dict[str, Any]) -> None:
    for topic in topics_of(vector):
        schemas.check_message(topic, vector["text"].encode())


def topics_of(vector: dict[str, Any]) -> Iterator[str]:
    kind, _, verb = vector["parse"].partition("-")
    if kind == "reply":
        done = vector["build"] == "reply"
        verbs = [vector["name"].removeprefix("reply to ")] if done else list(messages.VERBS)
        yield from (topics.reply(SITE, GATEWAY, verb) for verb in verbs)
    elif kind == "command":
        yield topics.command(SITE, GATEWAY, verb)
    elif kind == "central":
        yield topics.CENTRAL_STATUS
    else:
        yield f"{topics.gateway(SITE, GATEWAY)}/{kind}"


def test_what_the_parsers_refuse_the_schemas_refuse() -> None:
    """For everything that is JSON at all; the schemas also refuse more."""
    tried = 0
    for vector in vectors("invalid.json"):
        parse = vector["parse"]
        name = {"central": "central-status", "reply": "reply-ping"}.get(parse, parse)
        if "not JSON" in vector["error"] or "text" not in vector or "times" in vector or name == "command-reboot":
            continue
        if '"from":3' in vector["text"] or "[[2,1]]" in vector["text"]:
            continue  # one number against another: no schema can say it
        tried += 1
        valid = schemas.validator(name).is_valid(json.loads(vector["text"]))
        assert not valid, vector["name"]
    assert tried > 50


def test_the_vectors_cover_every_attribute_and_every_choice() -> None:
    events = [values(vector["value"]) for vector in vectors("entries.json")]
    entry = json.loads((schemas.SCHEMAS / "entry.json").read_text())
    punch = json.loads((schemas.SCHEMAS / "punch.json").read_text())["properties"]["data"]
    assert {name for event in events for name in event} == set(entry["properties"])
    assert {event["type"] for event in events} == set(entry["properties"]["type"]["enum"])
    punches = [event["data"] for event in events if event["type"] == "ketuk.punch.v1"]
    for choice in ("method", "direction", "origin"):
        assert {data[choice] for data in punches} == set(punch["properties"][choice]["enum"])
    assert {data["clock"]["state"] for data in punches} == {"synced", "holdover", "unset"}
    assert {name for data in punches for name in data["clock"]} == set(punch["properties"]["clock"]["properties"])
    for optional in ("time", "subject"):
        assert {optional in event for event in events} == {True, False}


def test_each_vector_of_the_chain_names_the_hash_of_the_one_before() -> None:
    chain = vectors("chain.json")
    before = ["0" * 64, *(vector["hash"] for vector in chain)]
    assert [values(vector["value"])["prevhash"] for vector in chain] == before[:-1]


@pytest.mark.parametrize("file", ["entries.json", "chain.json"])
def test_the_checkpoints_are_signed_as_the_schema_says(file: str) -> None:
    public: Ed25519PublicKey = KEY.public_key()
    events = [values(vector["value"]) for vector in vectors(file)]
    checkpoints = [event for event in events if event["type"] == "ketuk.checkpoint.v1"]
    for event in checkpoints:
        data = event["data"]
        signed = "\n".join(("ketuk.checkpoint.v1", event["logid"], data["sequence"], data["hash"])).encode()
        public.verify(bytes.fromhex(data["signature"]), signed)
        assert data["hash"] == event["prevhash"]
        assert int(data["sequence"]) == int(event["sequence"]) - 1
    assert len(checkpoints) == 1
