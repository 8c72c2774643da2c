"""asyncapi.yaml is right by AsyncAPI's own schema, and says the same as the topics and the schemas."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from contract import entry, messages, topics
from tests import schemas

ROOT = Path(__file__).parents[2]
FILE = ROOT / "contract" / "asyncapi.yaml"
SPECS = "@asyncapi/specs@6.11.1"  # holds AsyncAPI's JSON Schemas; Apache-2.0, so it is fetched and not kept here

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    loaded: Document = yaml.safe_load(FILE.read_text())
    return loaded


@pytest.fixture(scope="module")
def official() -> Document:
    """AsyncAPI's own schema of version 3.0.0, fetched once into build/."""
    folder = ROOT / "build" / "asyncapi-specs"
    schema = folder / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
    if not schema.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed: AsyncAPI's own schema cannot be fetched")
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=20000"]
        arguments = [npm, "install", "--prefix", str(folder), *options, SPECS]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=150, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot fetch {SPECS}: {' '.join(done.stderr.split())[-200:]}")
    loaded: Document = json.loads(schema.read_text())
    return loaded


def test_it_keeps_to_asyncapis_own_schema(document: Document, official: Document) -> None:
    validator = Draft7Validator(official)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == []
    broken = json.loads(json.dumps(document))
    broken["operations"]["publishPunch"]["action"] = "publish"
    assert not validator.is_valid(broken)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(reference: str, document: Document, folder: Path) -> Any:
    file, _, pointer = reference.partition("#")
    node = json.loads((folder / file).read_text()) if file else document
    for step in pointer.split("/")[1:]:
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


def test_every_reference_leads_somewhere(document: Document) -> None:
    found = list(references(document))
    assert all(resolved(reference, document, FILE.parent) for reference in found)
    for path in schemas.SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text())
        Draft202012Validator.check_schema(schema)
        assert all(resolved(reference, schema, schemas.SCHEMAS) for reference in references(schema))
    assert len(found) > 50


def test_every_schema_is_used_and_explained(document: Document) -> None:
    used = {Path(reference).name for reference in references(document) if reference.startswith("schemas/")}
    while (
        new := {
            reference.partition("#")[0]
            for name in used
            for reference in references(json.loads((schemas.SCHEMAS / name).read_text()))
            if not reference.startswith("#")
        }
        - used
    ):
        used |= new
    carried = {"receipt.json", "piece.json"}  # by hand, not by a broker
    assert used | carried == {path.name for path in schemas.SCHEMAS.glob("*.json")}
    for path in schemas.SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text())
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["title"]
        assert schema["description"].endswith(".")


TOPICS = {
    **{topics.log("s", "g", kind): ("send", False, kind) for kind in entry.KINDS},
    topics.ack("s", "g"): ("receive", True, "ack"),
    topics.status("s", "g"): ("send", True, "status"),
    topics.health("s", "g"): ("send", True, "health"),
    topics.CENTRAL_STATUS: ("receive", True, "central-status"),
    **{topics.command("s", "g", verb): ("receive", False, f"command-{verb}") for verb in messages.VERBS},
}
"""Topic -> what a gateway does with it, whether it is retained, and its schema (design of the contract)."""
REPLIES = {topics.reply("s", "g", verb): f"reply-{verb}" for verb in messages.VERBS}


def matching(topic: str, document: Document) -> str:
    """The name of the one channel that a topic belongs to."""
    found = []
    for name, channel in document["channels"].items():
        pattern = re.sub(r"\\\{(\w+)\\\}", "[^/]+", re.escape(channel["address"]))
        parameters = set(re.findall(r"\{(\w+)\}", channel["address"]))
        assert parameters == set(channel.get("parameters", {})), name
        if re.fullmatch(pattern, topic):
            found.append(name)
    assert len(found) == 1, f"{topic}: {found}"
    return str(found[0])


def schema_of(channel: str, document: Document) -> str:
    (reference,) = references(document["channels"][channel]["messages"])
    payload = resolved(reference, document, FILE.parent)["payload"]
    assert payload["schemaFormat"] == "application/schema+json;version=draft-2020-12"
    return Path(payload["schema"]["$ref"]).stem


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_one_channel_with_its_operation_and_schema(topic: str, document: Document) -> None:
    channel = matching(topic, document)
    (operation,) = (one for one in document["operations"].values() if one["channel"]["$ref"] == f"#/channels/{channel}")
    mqtt = operation["bindings"]["mqtt"]
    assert (operation["action"], mqtt["retain"], schema_of(channel, document)) == TOPICS[topic]
    assert mqtt["qos"] == 1
    assert schemas.schema_of(topic) == TOPICS[topic][2]


@pytest.mark.parametrize("topic", REPLIES)
def test_every_reply_is_the_channel_of_its_command(topic: str, document: Document) -> None:
    channel = matching(topic, document)
    (operation,) = (
        one
        for one in document["operations"].values()
        if one.get("reply", {}).get("channel", {}).get("$ref") == f"#/channels/{channel}"
    )
    command = matching(topic.replace("/reply/", "/cmd/"), document)
    assert operation["channel"]["$ref"] == f"#/channels/{command}"
    assert schema_of(channel, document) == REPLIES[topic] == schemas.schema_of(topic)


def test_no_channel_is_without_a_topic(document: Document) -> None:
    assert {matching(topic, document) for topic in (*TOPICS, *REPLIES)} == set(document["channels"])


def test_the_will_is_the_contracts(document: Document) -> None:
    mqtt = document["servers"]["broker"]["bindings"]["mqtt"]
    will = mqtt["lastWill"]
    assert will["topic"] == topics.status("{site}", "{gateway}")
    assert (will["message"].encode(), will["qos"], will["retain"]) == (messages.WILL, 1, True)
    assert mqtt["cleanSession"] is True
