"""`ketuk demo`: the options, and what is left when it ends."""

import contextlib
import dataclasses
import json as jsonlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn, TextIO, cast

import typer
from rich.console import Console

from simulators.demo import story
from simulators.demo.director import Director
from simulators.demo.gateway import GatewayDied
from simulators.demo.score import Score
from simulators.demo.screens import Lines, LiveScreen, save_picture
from simulators.demo.stage import Stage, StageError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

FINISH_S = 30.0
"""How long the last punches may take to be confirmed."""


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="One round and a summary; in a pipe always.")] = False,  # noqa: FBT002
    json: Annotated[bool, typer.Option("--json", help="End with one JSON object on standard output.")] = False,  # noqa: FBT002
    punches: Annotated[int, typer.Option(min=1, max=5000, help="Punches in a round.")] = 64,
    seconds: Annotated[
        float, typer.Option(min=6, max=3600, help="Length of a round; a third of it the line is cut.")
    ] = 24,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep configuration, log and output in this empty folder.")
    ] = None,
    record: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Save a picture of the screen.")] = None,
) -> None:
    """The whole way of a punch on this machine: simulated terminals, the real gateway, an ESP32 reader's real firmware,
    a broker, a small centre.

    The line to the broker is cut for a while and a terminal restarts; exit code 1 if anything was lost or doubled.
    Ctrl-C ends it in good order.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with _folder(keep) as folder:
            ok = _run(folder, punches, seconds, once=once, as_json=json, record=record)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more at its exit
        ok = False
    except (StageError, GatewayDied, OSError) as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        _fail("stopped before it was ready", 1)
    if not ok:
        raise typer.Exit(1)


def _run(folder: Path, punches: int, seconds: float, *, once: bool, as_json: bool, record: Path | None) -> bool:
    console = Console(stderr=as_json)
    console.print("Starting broker, terminals, card reader, gateway and centre …", style="dim")
    trouble = ""
    with Stage(folder) as stage:
        live = console.is_terminal and not console.is_dumb_terminal
        screen = LiveScreen(console) if live else Lines(cast("TextIO", console.file))
        try:
            director = Director(stage, screen, punches, seconds)
            trouble = _play(director, once=once or not (live or sys.stdin.isatty()))
            score = director.score()
        finally:
            screen.close()
        if record is not None:
            save_picture(director.telling or director.scene(), record)
    if trouble:
        score = dataclasses.replace(score, ok=False)
        print(f"ketuk: {trouble}", file=sys.stderr)  # noqa: T201
    verdict = _verdict(score)
    console.print(f"{verdict.english}\n{verdict.indonesian}", style="bold green" if score.ok else "bold red")
    if as_json:
        print(jsonlib.dumps(score.as_json()))  # noqa: T201
    return score.ok


def _verdict(score: Score) -> story.Words:
    unconfirmed = score.punched - score.confirmed
    if score.ok:
        return story.GOOD.of(punched=score.punched, delivered=score.delivered)
    if score.lost or score.duplicated or unconfirmed:
        return story.BAD.of(lost=score.lost, duplicated=score.duplicated, unconfirmed=unconfirmed)
    return story.BROKEN


def _play(director: Director, *, once: bool) -> str:
    """What went wrong with the demo itself; empty if nothing did."""
    try:
        try:
            director.round()
            while not once:
                director.round()
        except KeyboardInterrupt:
            director.finish(story.INTERRUPTED, FINISH_S)
        else:
            director.finish(story.FINISH, FINISH_S)
    except (GatewayDied, StageError) as error:
        return str(error)
    except KeyboardInterrupt:
        return "stopped before all was confirmed"
    return ""


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="ketuk-demo-") as made:
            yield Path(made)
        return
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        _fail(f"--keep: {keep} is not empty: name a new folder", 2)
    yield keep.resolve()


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> NoReturn:
    print(f"ketuk: {message}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)
