"""`ketuk sim`: simulated devices, one sub-command each."""

import asyncio
import sys
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def sim() -> None:
    """Simulated devices, driven by lines on standard input and answering each with one JSON line."""


@app.command()
def terminal(
    port: Annotated[int, typer.Option(help="TCP port; 0 takes a free one.")] = 4370,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    profile: Annotated[str, typer.Option(help="Firmware generation.")] = "tft-tcp",
    serial: Annotated[str, typer.Option(help="Serial number.")] = "OKI2024000001",
    comm_key: Annotated[int, typer.Option(help="Communication key, 0 for none.", min=0, max=999_999)] = 0,
    users: Annotated[int, typer.Option(help="Enrol so many users (1001, 1002, …).", min=0)] = 10,
    records: Annotated[int, typer.Option(help="Fill the log with so many past punches.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same people and past.")] = 0,
    pause: Annotated[
        float | None, typer.Option(help="Seconds between two frames.", min=0, show_default="0.002")
    ] = None,
    exit_on_eof: Annotated[
        bool | None,
        typer.Option(
            "--exit-on-eof/--no-exit-on-eof", help="End when standard input ends. Default: yes, unless it is /dev/null."
        ),
    ] = None,
) -> None:
    """A ZKTeco terminal on port 4370. Type help for the commands."""
    from simulators.zkteco.main import Options, run
    from simulators.zkteco.profile import PROFILES

    if profile not in PROFILES:
        _fail(f"there is no profile {profile!r}: known are {', '.join(PROFILES)}")
    options = Options(
        profile=profile,
        host=host,
        port=port,
        serial=serial,
        comm_key=comm_key,
        users=users,
        records=records,
        seed=seed,
        pause=pause,
    )
    try:
        asyncio.run(run(options, exit_on_eof=exit_on_eof))
    except OSError as error:
        _fail(str(error), 1)


def _fail(message: str, code: int = 2) -> None:
    print(f"ketuk: {message}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)
