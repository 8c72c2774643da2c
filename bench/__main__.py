"""`make bench`: run the measurements and print them as a table."""

import importlib
from typing import Annotated

import typer

from bench.report import Row, show

PARTS = ("append", "startup", "drain", "tap", "central", "reader", "zkteco")


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"Parts to run: {', '.join(PARTS)}.")] = None,
    quick: Annotated[bool, typer.Option(help="Smaller sizes.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,  # noqa: FBT002
) -> None:
    """Measure Ketuk against named peers on this machine."""
    rows: list[Row] = []
    for part in only or PARTS:
        if part not in PARTS:
            raise typer.BadParameter(f"no part {part!r}; known are {', '.join(PARTS)}")
        typer.echo(f"measuring: {part} …", err=True)
        rows += importlib.import_module(f"bench.{part}").rows(quick=quick)
    show(rows, as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
