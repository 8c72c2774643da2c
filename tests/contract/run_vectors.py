"""Runs the golden vectors; for CPython and MicroPython alike: `micropython run_vectors.py REPOSITORY`.

One line a vector: `ok <file> <name> <what came out>`, or `FAIL …` with the difference; then `<n> passed, <m> failed`
and exit code 1 if any failed. Both interpreters must print the same.
"""
# MicroPython has no `typing`:
# mypy: ignore-errors

import binascii
import json
import os
import sys
from collections import OrderedDict

ROOT = sys.argv[1]
sys.path.insert(0, ROOT)

from contract import audit, chain, entry, messages, topics, watermark  # noqa: E402

FOLDER = ROOT + "/contract/vectors/"


def revive(value):
    """Values as they were given to the builder: {"pairs": [[name, value], …]} is a mapping with an order."""
    if isinstance(value, dict):
        return OrderedDict([(name, revive(one)) for name, one in value["pairs"]])
    if isinstance(value, list):
        return [revive(one) for one in value]
    return value


def raw_of(vector):
    """The exact bytes of a vector."""
    if "hex" in vector:
        return binascii.unhexlify(vector["hex"])
    return (vector.get("before", "") + vector.get("text", "") * vector.get("times", 1)).encode()


def keywords(inputs):
    return {name: revive(value) for name, value in inputs}


def build_entry(inputs):
    given = keywords(inputs)
    return entry.build(given.pop("kind"), **given)


def build_audit_data(inputs):
    given = keywords(inputs)
    if "raw" in given:
        given["raw"] = binascii.unhexlify(given["raw"])
    return messages.dumps(audit.data(given.pop("event"), **given)).encode()


def build_command(inputs):
    given = keywords(inputs)
    return messages.build_command(given["request"], given.get("arguments"))


BUILDERS = {
    "entry": build_entry,
    "audit-data": build_audit_data,
    "ack": lambda inputs: watermark.build_ack(**keywords(inputs)),
    "birth": lambda inputs: messages.build_birth(**keywords(inputs)),
    "will": lambda inputs: messages.WILL,
    "clean-stop": lambda inputs: messages.CLEAN_STOP,
    "health": lambda inputs: messages.build_health(**keywords(inputs)),
    "central": lambda inputs: messages.build_central(**keywords(inputs)),
    "central-will": lambda inputs: messages.CENTRAL_WILL,
    "command": build_command,
    "reply": lambda inputs: messages.build_reply(**keywords(inputs)),
    "refusal": lambda inputs: messages.build_refusal(**keywords(inputs)),
    "topic": lambda inputs: getattr(topics, inputs[0])(*inputs[1:]).encode(),
}

PARSERS = {
    "entry": entry.parse,
    "ack": watermark.parse_ack,
    "status": messages.parse_status,
    "health": messages.parse_health,
    "central": messages.parse_central,
    "reply": messages.parse_reply,
}


def parser(name):
    if name.startswith("command-"):
        return lambda raw: messages.parse_command(name[8:], raw)
    return PARSERS[name]


def same(read, given):
    """Whether what was read is what was given, whatever the order and whether tuples or lists."""
    if isinstance(given, dict):
        return isinstance(read, dict) and len(read) == len(given) and all(same(read.get(k), given[k]) for k in given)
    if isinstance(given, (list, tuple)):
        return len(read) == len(given) and all(same(a, b) for a, b in zip(read, given))  # noqa: B905 - none on MicroPython
    return type(read) is type(given) and read == given


def check_built(vector):
    """The builder gives exactly these bytes, and their hash is the one that the vector has."""
    raw, made = raw_of(vector), BUILDERS[vector["build"]](vector.get("inputs", []))
    if made != raw:
        return "built " + repr(made) + " not " + repr(raw)
    if "hash" in vector and chain.entry_hash(made) != vector["hash"]:
        return "hash " + chain.entry_hash(made)
    return None


def check_read(vector):
    """The parser gives the values of the vector, or the error that it names."""
    try:
        read = parser(vector["parse"])(raw_of(vector))
    except entry.ContractError as error:
        if "error" not in vector or not str(error).startswith(vector["error"]):
            return "error " + str(error)
        return None
    if "error" in vector:
        return "no error but " + repr(read)
    if not same(read, revive(vector["value"])):
        return "read " + repr(read)
    return None


def check(vector):
    wrong = check_built(vector) if "build" in vector else None
    return check_read(vector) if wrong is None and "parse" in vector else wrong


def main():
    passed = failed = 0
    names = [name for name in os.listdir(FOLDER) if name.endswith(".json")]  # noqa: PTH208 - no pathlib on MicroPython
    for name in sorted(names):
        with open(FOLDER + name) as file:  # noqa: PTH123
            vectors = json.load(file)
        for vector in vectors:
            wrong = check(vector)
            outcome = vector.get("hash", vector.get("error", "")) if wrong is None else wrong
            print("ok" if wrong is None else "FAIL", name, vector["name"], outcome)  # noqa: T201
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
    print(passed, "passed,", failed, "failed")  # noqa: T201
    sys.exit(1 if failed or not passed else 0)


main()
