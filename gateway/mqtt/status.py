"""What the gateway says of itself: birth and health, as exact bytes. Pure."""

from collections.abc import Mapping

from contract import messages
from contract.entry import ContractError
from contract.jsontext import dumps
from gateway.entries import Marks


def birth(marks: Marks, version: str, more: Mapping[str, object]) -> bytes:
    """Status after connecting, and again when the log begins a new epoch; `more`: further members, such as the key."""
    return messages.build_birth(
        logid=marks.logid,
        oldest=marks.oldest,
        next=marks.next,
        acked=marks.confirmed,
        version=version,
        extra=dict(more),
    )


def health(facts: dict[str, object]) -> bytes:
    """The health message. Raises ContractError when the facts cannot be said in JSON, or are too many."""
    try:
        raw = dumps(facts).encode()
    except (ValueError, TypeError) as error:
        raise ContractError(f"health: {error}") from error
    if len(raw) > messages.MAX_BYTES:
        raise ContractError(f"health: {len(raw)} bytes, at most {messages.MAX_BYTES} are allowed")
    return raw
