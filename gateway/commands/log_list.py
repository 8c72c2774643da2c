"""`ketuk log ls`: the entries that are wanted, as a table or as lines."""

import itertools
import sys
from collections.abc import Iterator

from rich.console import Console

from gateway.commands import log_text
from gateway.commands.log_filter import Filter
from gateway.log.documents import EntryDocument
from gateway.log.view import EpochView, LogView


def print_table(view: LogView, wanted: Filter, last: int, *, unmask: bool) -> None:
    """A table of the last so many; 0: of all."""
    rows = list(_entries(view, wanted, last))
    console = Console(highlight=False)
    if not rows:
        console.print(log_text.nothing(view, "no entry that is wanted"), style="dim")
        return
    marks = view.marks()
    shown = [(document, view.state_of(epoch, document.doc_id, marks)) for document, epoch in rows]
    console.print(log_text.table(shown, unmask=unmask, logs=len(view.epochs) > 1))
    if len(rows) == last:
        console.print(f"the last {last}; --last 0 shows all", style="dim")


def write_lines(view: LogView, wanted: Filter, last: int) -> None:
    """The exact bytes of each, a line."""
    for document, _ in _entries(view, wanted, last):
        sys.stdout.buffer.write(document.raw + b"\n")
    sys.stdout.buffer.flush()


def _entries(view: LogView, wanted: Filter, last: int) -> Iterator[tuple[EntryDocument, EpochView]]:
    if last == 0:
        for epoch in view.epochs:
            yield from ((document, epoch) for document in epoch.documents(wanted.after) if wanted(document))
        return
    newest = (
        (document, epoch)
        for epoch in reversed(view.epochs)
        for document in (EntryDocument(entry.raw, entry.sequence) for entry in epoch.backwards())
        if wanted(document)
    )
    yield from reversed(list(itertools.islice(newest, last)))
