"""`ketuk log show`: one entry, its exact bytes, and what proves them."""

import json
import sys

from rich.console import Console
from rich.text import Text

from contract.chain import entry_hash
from gateway.commands import log_text
from gateway.entries import Stored
from gateway.errors import LogError
from gateway.log.documents import EntryDocument
from gateway.log.view import EpochView, LogView


def show(view: LogView, sequence: int, *, raw: bool, people: bool) -> None:
    """Write the entry of that number, of the newest log that holds it. Raises LogError when none does."""
    epoch, entry = _find(view, sequence)
    if raw:
        sys.stdout.buffer.write(entry.raw)
        sys.stdout.buffer.flush()
        return
    facts = {
        "logid": epoch.logid,
        "sequence": entry.sequence,
        "hash": entry_hash(entry.raw),
        "chained": _chained(epoch, entry),
        "state": view.state_of(epoch, sequence, view.marks()),
    }
    attributes = dict(EntryDocument(entry.raw, sequence))
    if not people:
        print(json.dumps({**facts, "entry": attributes, "bytes": entry.raw.decode()}))  # noqa: T201
        return
    console = Console(highlight=False)
    console.print_json(json.dumps(attributes), ensure_ascii=True)
    console.print()
    console.print(Text(log_text.clean(entry.raw.decode(errors="replace"), most=len(entry.raw))), soft_wrap=True)
    console.print()
    for name, value in facts.items():
        console.print(Text.assemble((f"{name:<9}", "dim"), log_text.clean(value)), soft_wrap=True)


def _find(view: LogView, sequence: int) -> tuple[EpochView, Stored]:
    for epoch in reversed(view.epochs):
        found = epoch.read_after(sequence - 1, 1)
        if found and found[0].sequence == sequence:
            return epoch, found[0]
    if not view.epochs:
        raise LogError(f"{sequence}: the log is empty")
    held = ", ".join(f"{epoch.logid} from {epoch.oldest}" for epoch in view.epochs)
    raise LogError(f"{sequence}: no such entry; there is {held}")


def _chained(epoch: EpochView, entry: Stored) -> str:
    """Whether the neighbours vouch for it."""
    before = epoch.read_after(entry.sequence - 2, 1) if entry.sequence > 1 else []
    after = epoch.read_after(entry.sequence, 1)
    links = []
    if before and before[0].sequence == entry.sequence - 1:
        links.append(("the one before", EntryDocument(entry.raw, 0)["prevhash"] == entry_hash(before[0].raw)))
    if after and after[0].sequence == entry.sequence + 1:
        links.append(("the next one", EntryDocument(after[0].raw, 0)["prevhash"] == entry_hash(entry.raw)))
    return ", ".join(f"{'fits' if fits else 'DOES NOT FIT'} {name}" for name, fits in links) or "no neighbour is held"
