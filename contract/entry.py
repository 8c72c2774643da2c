"""Entries: CloudEvents 1.0 in structured JSON mode, written once; the bytes are the record.

The attributes and their meaning are those of `contract/schemas/entry.json`. Sources: CloudEvents 1.0.2 `spec.md`
(attributes, "identical source and id are duplicates"), `json-format.md` (structured mode).
"""

from contract.jsontext import Ordered, dumps, loads

PUNCH = "punch"
AUDIT = "audit"
CHECKPOINT = "checkpoint"
KINDS = (PUNCH, AUDIT, CHECKPOINT)

MAX_BYTES = 16384  # an entry larger than this is refused: no broker or reader of ours needs more


class ContractError(ValueError):
    """The bytes are not an entry, an ack or a status of this contract; the message says which rule they break."""


def type_of(kind: str) -> str:
    """The CloudEvents `type` of a kind."""
    return "ketuk." + kind + ".v1"


def kind_of(event_type: str) -> str:
    """`punch` for `ketuk.punch.v1`. Raises ContractError for a type that is not ours."""
    parts = event_type.split(".")
    if len(parts) != 3 or parts[0] != "ketuk" or parts[1] not in KINDS or parts[2] != "v1":
        raise ContractError("type: not one of ours: " + event_type)
    return parts[1]


def sequence_text(sequence: int) -> str:
    """20 digits, zero-padded, so that the text sorts as the number does."""
    return f"{sequence:020d}"


def build(
    kind: str,
    *,
    source: str,
    id: str,
    logid: str,
    sequence: int,
    prevhash: str,
    recordedtime: str,
    data: dict[str, object],
    subject: str | None = None,
    time: str | None = None,
) -> bytes:
    """The exact bytes of one entry. `data` keeps its order (on MicroPython: pass an OrderedDict).

    Raises ContractError when the entry would be larger than MAX_BYTES.
    """
    event: dict[str, object] = Ordered()
    event["specversion"] = "1.0"
    event["type"] = type_of(kind)
    event["source"] = source
    event["id"] = id
    if subject is not None:
        event["subject"] = subject
    if time is not None:
        event["time"] = time
    event["recordedtime"] = recordedtime
    event["logid"] = logid
    event["sequence"] = sequence_text(sequence)
    event["prevhash"] = prevhash
    event["datacontenttype"] = "application/json"
    event["data"] = data
    raw = dumps(event).encode()
    if len(raw) > MAX_BYTES:
        raise ContractError(f"entry: {len(raw)} bytes, at most {MAX_BYTES} are allowed")
    return raw


_TEXT = ("specversion", "type", "source", "id", "recordedtime", "logid", "sequence", "prevhash", "datacontenttype")


def parse(raw: bytes) -> dict[str, object]:
    """The attributes of an entry. Raises ContractError with the attribute that is wrong; never anything else."""
    if len(raw) > MAX_BYTES:
        raise ContractError(f"entry: {len(raw)} bytes, at most {MAX_BYTES} are allowed")
    try:
        event = loads(raw)
    except ValueError as error:
        raise ContractError("entry: not JSON: " + str(error)) from error
    if not isinstance(event, dict):
        raise ContractError("entry: not a JSON object")
    for name in _TEXT:
        if not isinstance(event.get(name), str):
            raise ContractError(name + ": missing or not text")
    for name in ("subject", "time"):
        if name in event and not isinstance(event[name], str):
            raise ContractError(name + ": not text")
    if event["specversion"] != "1.0":
        raise ContractError("specversion: not 1.0")
    kind_of(event["type"])
    _check_chain(event)
    if not isinstance(event.get("data"), dict):
        raise ContractError("data: missing or not an object")
    return event


def _check_chain(event: dict[str, str]) -> None:
    if not _is(event["sequence"], 20, "0123456789") or int(event["sequence"]) < 1:
        raise ContractError("sequence: not 20 digits from 1")
    if not _is(event["prevhash"], 64, "0123456789abcdef"):
        raise ContractError("prevhash: not 64 hex digits")
    if "." not in event["logid"]:
        raise ContractError("logid: not <gateway>.<epoch>")


def _is(text: str, length: int, alphabet: str) -> bool:
    return len(text) == length and not text.strip(alphabet)  # a loop in Python took half the time of parsing
