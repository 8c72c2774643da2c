"""What arrived: one message of a log topic, read or found unreadable. Pure."""

from dataclasses import dataclass, field

from contract import entry, topics
from contract.entry import ContractError


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message. `error` says why it could not be read; then only topic and payload mean anything."""

    topic: str
    payload: bytes
    site: str = ""
    gateway: str = ""
    kind: str = ""
    """punch, audit or checkpoint"""
    event: dict[str, object] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    error: str = ""


def read(topic: str, payload: bytes) -> Arrival:
    """The message without its marks. Never raises."""
    place = topics.split(topic)
    site, gateway, _ = place if place is not None else ("", "", "")
    try:
        event = entry.parse(payload)
        kind = entry.kind_of(str(event["type"]))
    except ContractError as error:
        return Arrival(topic, payload, site, gateway, error=str(error))
    return Arrival(topic, payload, site, gateway, kind, event)


def text(value: object, limit: int = 64) -> str:
    """A value that came over the network, fit for a terminal: one line, printable, not endless."""
    shown = "".join(char if char.isprintable() else "�" for char in str(value)[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def mask(subject: str) -> str:
    """`pin:10**` for `pin:1042`: the scheme, half of the rest, and stars; people stay apart, but unnamed."""
    scheme, colon, name = subject.rpartition(":")
    shown = len(name) // 2
    return scheme + colon + name[:shown] + "*" * (len(name) - shown)
