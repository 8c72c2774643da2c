"""What was lost and what was doubled: the terminals' own logs against what the centre holds. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import NamedTuple

from contract.entry import PUNCH, kind_of, parse


class Fact(NamedTuple):
    """A punch as terminal and centre both know it."""

    serial: str
    person: str
    time: str
    """`YYYY-MM-DDTHH:MM:SS` by the terminal's clock; empty for a reader, which tells people hour and minute only."""


@dataclass(frozen=True, slots=True)
class Score:
    """The end of a demo; the fields are those of its `--json`."""

    punched: int
    """Punches in the terminals' own logs, and taps that the card reader said it had recorded."""
    recorded: int
    """Of them, those in the logs of gateway and reader."""
    delivered: int
    """Punches that the centre holds."""
    confirmed: int
    """Of them, those that a watermark covers."""
    lost: int
    """Punched, but not at the centre."""
    duplicated: int
    """At the centre, but not punched, or held more than once."""
    redelivered: int
    """Entries that came again, byte for byte: harmless, as MQTT promises at least once."""
    backlog_peak: int
    """Most entries that waited for their confirmation at one time."""
    cut_seconds: float
    seconds: float
    ok: bool
    """Nothing lost, nothing doubled, all confirmed, the chain whole."""

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def fact_of(event: dict[str, object]) -> Fact:
    """The fact of a punch entry, as `contract.entry.parse` gives it."""
    data = event["data"]
    device = data.get("device") if isinstance(data, dict) else None
    known = device if isinstance(device, dict) else {}
    person = str(event.get("subject", "")).partition(":")[2]
    return Fact(str(known.get("serial", "")), person, str(known.get("time", "")))


def delivered_facts(entries: Iterable[bytes]) -> Counter[Fact]:
    """How often each fact stands in the entries, counting one (source, id) once."""
    found: dict[tuple[object, object], Fact] = {}
    for raw in entries:
        event = parse(raw)
        if kind_of(str(event["type"])) == PUNCH:
            found[event["source"], event["id"]] = fact_of(event)
    return Counter(found.values())


def differences(punched: Counter[Fact], delivered: Counter[Fact]) -> tuple[int, int]:
    """(lost, doubled)."""
    return (punched - delivered).total(), (delivered - punched).total()
