"""`ketuk central …`: the sub-commands. Each body is loaded when it is called; errors are one line.

Exit codes: 0 fine, 1 it ran and something is wrong, 2 it was called wrongly.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from central.errors import CentralError, ConfigError, SchemaError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="Configuration file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]

P = ParamSpec("P")


@app.callback()
def central() -> None:
    """The centre: takes what the gateways publish, proves that it is whole, hands it on as evidence."""


def one_line_errors(command: Callable[P, int]) -> Callable[P, None]:
    """What the command returns is the exit code; what it raises on purpose is a line on standard error."""

    @functools.wraps(command)
    def run(*args: P.args, **more: P.kwargs) -> None:
        try:
            code = command(*args, **more)
        except CentralError as error:
            print(f"ketuk: {error}", file=sys.stderr)  # noqa: T201
            code = 2 if isinstance(error, ConfigError | SchemaError) else 1
        raise typer.Exit(code)

    return run


@app.command()
@one_line_errors
def run(
    config: ConfigFile,
    partition: Annotated[
        str, typer.Option(help="Take only a part of the gateways: 2/4 is the second of four ingesters.")
    ] = "1/1",
    log_format: Annotated[str, typer.Option(help="text for people, json for machines.")] = "text",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")] = False,  # noqa: FBT002
) -> int:
    """Take entries from the broker into the database until SIGTERM or Ctrl-C."""
    from central.commands import run

    return run.run(config, partition, log_format, verbose=verbose)
