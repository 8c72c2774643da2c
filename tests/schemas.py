"""Every message that a test sees on a broker is held against the contract's schema for its topic.

`check_message(topic, payload)` takes any topic of ours; `check_entry(raw, topic)` those of entries alone, and holds
topic and entry against each other.
"""

import functools
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from contract import entry, messages, topics

SCHEMAS = Path(__file__).parents[1] / "contract" / "schemas"

_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    """A day and time that exist (the schema's pattern sees to the form)."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@functools.cache
def _registry() -> Registry:
    contents = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    return Registry().with_resources((name, DRAFT202012.create_resource(text)) for name, text in contents.items())


@functools.cache
def validator(name: str) -> Validator:
    """The validator of `contract/schemas/<name>.json`, formats included."""
    return Draft202012Validator({"$ref": f"{name}.json"}, registry=_registry(), format_checker=_formats)


def check(name: str, message: Any) -> None:
    """Raises AssertionError with every place where `message` is not what schema `name` says."""
    found = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(message)]
    assert not found, f"not a valid {name}: {json.dumps(message)}\n" + "\n".join(found)


_BY_REST = {
    "ack": "ack",
    "status": "status",
    "health": "health",
    **{f"log/{kind}": kind for kind in entry.KINDS},
    **{f"cmd/{verb}": f"command-{verb}" for verb in messages.VERBS},
    **{f"reply/{verb}": f"reply-{verb}" for verb in messages.VERBS},
}


def schema_of(topic: str) -> str:
    """The schema for what is published on `topic`. Raises AssertionError for a topic that is not the contract's."""
    if topic == topics.CENTRAL_STATUS:
        return "central-status"
    site, gateway, rest = topics.split(topic) or ("", "", "")
    assert topics.is_site(site), f"not a topic of the contract: {topic}"
    assert topics.is_segment(gateway), f"not a topic of the contract: {topic}"
    if rest.startswith("reply/") and topics.is_segment(rest[6:]):
        return _BY_REST.get(rest, "refusal")  # a verb that nobody knows is refused under its own name
    assert rest in _BY_REST, f"not a topic of the contract: {topic}"
    return _BY_REST[rest]


def check_message(topic: str, payload: bytes) -> dict[str, object]:
    """The message, parsed. Raises AssertionError where it breaks the schema of its topic."""
    if "/log/" in topic:
        return check_entry(payload, topic)
    message: dict[str, object] = json.loads(payload)
    check(schema_of(topic), message)
    return message


def check_entry(raw: bytes, topic: str) -> dict[str, object]:
    """The entry, parsed. Raises AssertionError or ContractError where it breaks the contract or is not for `topic`."""
    event = entry.parse(raw)
    check(schema_of(topic), event)
    site, gateway, rest = topics.split(topic) or ("", "", "")
    assert rest == f"log/{entry.kind_of(str(event['type']))}", f"{event['type']} on {topic}"
    assert str(event["logid"]).rpartition(".")[0] == gateway, f"logid {event['logid']} on {topic}"
    assert str(event["source"]).split("/")[1] == site, f"source {event['source']} on {topic}"
    return event
