"""`ketuk log export`: exact entries to a file."""

from pathlib import Path

from rich.console import Console

from gateway.commands import log_text
from gateway.commands.log_progress import bar
from gateway.log.export import Part, export
from gateway.log.view import LogView


def parts(view: LogView, since: int | None, until: int | None, *, unacked: bool) -> list[Part]:
    """What is to be written of each log. Raises ValueError for options that do not go together.

    Sequences are those of the present log. What the centre has not confirmed is all in there: a new epoch carries it
    over.
    """
    if since is not None and until is not None and since > until:
        raise ValueError(f"--from {since} is behind --to {until}")
    if unacked and view.present is None and view.epochs:
        raise ValueError("--unacked: only the present log has what is not confirmed")
    chosen = view.epochs
    if unacked or since is not None or until is not None:
        chosen = chosen[-1:]
    if unacked:
        since = max(since or 1, view.marks().confirmed + 1)
    return [Part(epoch, since or 1, min(until or epoch.newest(), epoch.newest())) for epoch in chosen]


def write(chosen: list[Part], target: Path) -> None:
    """Write them, with a bar, and say how many. Raises LogError."""
    with bar("exporting", sum(max(part.last - part.first + 1, 0) for part in chosen), bytes_=False) as advance:
        entries = export(chosen, target, advance)
    logs = ", ".join(part.view.logid for part in chosen) or "an empty log"
    Console(stderr=True, highlight=False).print(log_text.clean(f"{entries} entries of {logs} in {target}", 500))
