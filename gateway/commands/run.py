"""`ketuk run`: the gateway of one office, until it is told to stop."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="Configuration file (TOML).")],
    log_format: Annotated[str, typer.Option(help="text for people, json for machines.")] = "text",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")] = False,  # noqa: FBT002
    allow_volatile: Annotated[  # noqa: FBT002
        bool, typer.Option("--allow-volatile", help="Allow a data folder that a power cut empties (trials only).")
    ] = False,
) -> None:
    """Run the gateway of one office. SIGTERM and Ctrl-C stop it cleanly within five seconds."""
    from gateway import logs
    from gateway.app import App
    from gateway.config import load

    loaded = load(config)
    logs.set_up(log_format, verbose=verbose)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    App(loaded, allow_volatile=allow_volatile).run(stop)
