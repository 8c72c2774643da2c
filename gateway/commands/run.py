"""`ketuk run`: the gateway of one office, until it is told to stop."""

import logging
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from gateway import logs

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

logger = logging.getLogger(__name__)


@app.command()
def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="Configuration file (TOML).")],
    log_format: Annotated[
        str, typer.Option(help="text for people, json for machines; auto: text on a terminal, json elsewhere.")
    ] = "auto",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")] = False,  # noqa: FBT002
    allow_volatile: Annotated[  # noqa: FBT002
        bool, typer.Option("--allow-volatile", help="Allow a data folder that a power cut empties (trials only).")
    ] = False,
) -> None:
    """Run the gateway of one office. SIGTERM and Ctrl-C stop it cleanly within five seconds."""
    from gateway.errors import ConfigError, KetukError, LogLocked

    wanted = logs.format_for(sys.stderr, log_format)
    logs.set_up(wanted, verbose=verbose)
    logging.captureWarnings(True)  # noqa: FBT003
    threading.excepthook = _thread_failed
    try:
        _run(config, wanted, verbose=verbose, allow_volatile=allow_volatile)
    except KetukError as error:
        if wanted == "text":
            raise
        for line in str(error).splitlines():
            logger.critical("%s", line)
        raise typer.Exit(2 if isinstance(error, ConfigError | LogLocked) else 1) from error
    except Exception as error:
        # Through the log, where people are masked, and not as a bare traceback.
        logger.critical("the gateway failed", exc_info=True)
        raise typer.Exit(1) from error


def _run(config: Path, log_format: logs.Format, *, verbose: bool, allow_volatile: bool) -> None:
    from gateway.app import App
    from gateway.config import load
    from gateway.stopping import stop_on_signals

    loaded = load(config)
    logs.set_up(log_format, verbose=verbose, zone=loaded.site.zone)
    for warning in loaded.warnings:
        logger.warning("%s: %s", config, warning)
    stop = stop_on_signals()
    App(loaded, allow_volatile=allow_volatile).run(stop)


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    """A thread that ends with an exception is told of in the log: masked, and one object a line where that is JSON."""
    if failed.exc_value is not None:
        about = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        logger.critical("thread %s ended", failed.thread.name if failed.thread else "?", exc_info=about)
