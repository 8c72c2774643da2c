"""Makes the golden vectors anew, without the code that they are to judge: plain `json`, `hashlib` and `cryptography`.

    python -m tests.contract.make_vectors           shows what would change; exit 1 if anything would
    python -m tests.contract.make_vectors --write   changes it

A changed vector is a changed contract: every reader and every log in the field would have to follow.
"""

import difflib
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from tests.contract import cases_carried, cases_entries, cases_invalid, cases_messages

FOLDER = Path(__file__).parents[2] / "contract" / "vectors"


def pairs(value: Any) -> Any:
    """Mappings as lists of pairs, so that MicroPython reads them in their order."""
    if isinstance(value, dict):
        return {"pairs": [[name, pairs(one)] for name, one in value.items()]}
    if isinstance(value, list):
        return [pairs(one) for one in value]
    return value


def compact(value: Any) -> str:
    """The one way in which the contract writes JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def entry_vector(case: dict[str, Any]) -> dict[str, Any]:
    """A vector of an entry: what goes in, the bytes, their hash, and what must be read from them."""
    given: dict[str, Any] = {name: value for name, value in case.items() if name != "name"}
    event: dict[str, Any] = {
        "specversion": "1.0",
        "type": f"ketuk.{given['kind']}.v1",
        "source": given["source"],
        "id": given["id"],
        **{name: given[name] for name in ("subject", "time") if name in given},
        "recordedtime": given["recordedtime"],
        "logid": given["logid"],
        "sequence": str(given["sequence"]).zfill(20),
        "prevhash": given["prevhash"],
        "datacontenttype": "application/json",
        "data": given["data"],
    }
    text = compact(event)
    return {
        "name": case["name"],
        "build": "entry",
        "inputs": [[name, pairs(value)] for name, value in given.items()],
        "text": text,
        "hash": hashlib.sha256(text.encode()).hexdigest(),
        "parse": "entry",
        "value": pairs(event),
    }


def message_vector(case: dict[str, Any]) -> dict[str, Any]:
    """A vector of a message: `message` is what it says, `inputs` what the builder gets, where it is another thing."""
    made: dict[str, Any] = {"name": case["name"], "build": case["build"]}
    inputs = case.get("inputs", case["message"])
    if inputs:
        made["inputs"] = [[name, pairs(value)] for name, value in inputs.items()]
    made["text"] = compact(case["message"])
    if "parse" in case:
        made |= {"parse": case["parse"], "value": pairs(case.get("value", case["message"]))}
    return made


def all_files() -> dict[str, list[dict[str, Any]]]:
    """File name to vectors."""
    return {
        "entries.json": [entry_vector(case) for case in cases_entries.ENTRIES],
        "chain.json": [entry_vector(case) for case in cases_entries.chained(entry_vector)],
        "messages.json": [message_vector(case) for case in cases_messages.MESSAGES],
        "audit-data.json": [message_vector(case) for case in cases_messages.AUDIT_DATA],
        "tolerated.json": cases_messages.TOLERATED,
        "topics.json": cases_messages.TOPICS,
        "invalid.json": [{**case} for case in cases_invalid.INVALID],
        # CPython alone reads these: no reader is asked for them
        "carried/receipts.json": cases_carried.RECEIPTS,
        "carried/notes.json": cases_carried.NOTES,
    }


def text_of(vectors: list[dict[str, Any]]) -> str:
    """One member a line: a difference shows which vector changed, and in what."""
    shown = [
        ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in one.items()) for one in vectors
    ]
    return "[\n" + ",\n".join(f" {{\n{text}\n }}" for text in shown) + "\n]\n"


def difference() -> str:
    """What is in the folder against what would be written."""
    lines: list[str] = []
    for name, vectors in all_files().items():
        path = FOLDER / name
        old = path.read_text() if path.exists() else ""
        lines += difflib.unified_diff(old.splitlines(), text_of(vectors).splitlines(), name, f"new {name}", lineterm="")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Shows the difference; writes it only when asked."""
    changed = difference()
    print(changed or "nothing changes")  # noqa: T201
    if "--write" not in arguments:
        return 1 if changed else 0
    for name, vectors in all_files().items():
        (FOLDER / name).write_text(text_of(vectors))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
