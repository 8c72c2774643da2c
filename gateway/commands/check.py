"""`ketuk check`: is the configuration right, and is there what it names? A table for people, JSON lines in a pipe."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Cell

from gateway.checks.result import Result

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "bad": ("✗", "red"), "skip": ("–", "dim")}


@app.command()
def check(
    config: Annotated[Path, typer.Option("--config", "-c", help="Configuration file (TOML).")],
    offline: Annotated[  # noqa: FBT002
        bool, typer.Option("--offline", help="Leave the broker and the devices alone.")
    ] = False,
    allow_volatile: Annotated[  # noqa: FBT002
        bool, typer.Option("--allow-volatile", help="Allow a data folder that a power cut empties (trials only).")
    ] = False,
) -> None:
    """Check a configuration file and what it names. Exit code 1: something is wrong; 2: the file itself is."""
    from gateway import checks
    from gateway.config import load

    results = checks.check(load(config), allow_volatile=allow_volatile, offline=offline)
    found = _table(results) if sys.stdout.isatty() else _lines(results)
    raise typer.Exit(1 if any(result.state == "bad" for result in found) else 0)


def _lines(results: Iterator[Result]) -> list[Result]:
    found = []
    for result in results:
        line = {"check": result.check, "state": result.state, "detail": str(result.detail)}
        print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201
        found.append(result)
    return found


def _table(results: Iterator[Result]) -> list[Result]:
    console = Console()
    with console.status("…"):
        found = list(results)
    table = Table(box=None, show_header=False, pad_edge=False)
    for result in found:
        mark, style = _MARKS[result.state]
        table.add_row(Cell(mark, style), Cell(result.check, no_wrap=True), Cell(str(result.detail), overflow="fold"))
    console.print(table)
    return found
