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
    log_format: Annotated[str, typer.Option(help="text, json, or auto: text on a terminal, else json.")] = "auto",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")] = False,  # noqa: FBT002
) -> int:
    """Take entries from the broker into the database until SIGTERM or Ctrl-C."""
    from central.commands import run

    return run.run(config, partition, log_format, verbose=verbose)


@app.command()
@one_line_errors
def verify(
    bundle: Annotated[
        Path | None,
        typer.Argument(help="What `ketuk central export` or `ketuk log export` made; without it, the database."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Configuration file (TOML) that names the database.")
    ] = None,
    gateway: Annotated[str | None, typer.Option(metavar="SITE/GATEWAY", help="Only the logs of this one.")] = None,
    key: Annotated[
        str | None, typer.Option(metavar="HEX", help="Bundle: the only public key that counts, from your own papers.")
    ] = None,
    as_json: Json = False,  # noqa: FBT002
) -> int:
    """Prove that every log is whole and unaltered. Exit code 1 if anything is wrong."""
    from central.commands import verify

    return verify.verify(bundle, config, gateway, key, as_json=as_json)


@app.command()
@one_line_errors
def export(
    config: ConfigFile,
    gateway: Annotated[str, typer.Option(metavar="SITE/GATEWAY", help="Whose entries.")],
    first: Annotated[str, typer.Option("--from", metavar="DAY|TIME", help="From this day or time on.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY|TIME", help="Up to this day (included) or time.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="New file.")],
) -> int:
    """Write evidence: exact entries, public keys and a signed manifest in one file that proves itself."""
    from central.commands import export

    return export.export(config, gateway, first, last, output)


@app.command("import")
@one_line_errors
def bring(
    paths: Annotated[
        list[Path], typer.Argument(metavar="DIR|FILE…", help="A stick, or what `ketuk log export` wrote.")
    ],
    config: ConfigFile,
    receipts: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the receipts here, not beside what they are for.")
    ] = None,
    unsigned: Annotated[  # noqa: FBT002
        bool, typer.Option("--unsigned", help="Take entries that no key signed, too: you vouch for them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, as in a pipe.")] = False,  # noqa: FBT002
) -> int:
    """Take what a USB stick brings from a site without a network, and write the receipt that goes back on it.

    It may be done again, and while `ketuk central run` works on the same database. Exit code 1: something was refused,
    contradicts what is held, or could not be read; the rest was taken.
    """
    from central.commands import import_stick

    return import_stick.bring(paths, config, receipts, unsigned=unsigned, as_json=as_json)


@app.command()
@one_line_errors
def key(config: ConfigFile) -> int:
    """Show the centre's own public key, which signs receipts and bundles."""
    from central.commands import keys

    return keys.show(config)


@app.command()
@one_line_errors
def trust(
    config: ConfigFile,
    gateway: Annotated[str, typer.Argument(metavar="SITE/GATEWAY", help="Whose key.")],
    public: Annotated[str, typer.Argument(metavar="KEY", help="The public key, 64 hex digits.")],
) -> int:
    """Believe a gateway's new key, after its card was replaced and somebody vouched for it."""
    from central.commands import keys

    return keys.trust(config, gateway, public)
