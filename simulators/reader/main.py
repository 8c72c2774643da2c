"""The reader as a program: a ready line, commands on standard input, one JSON line each on standard output.

What the firmware itself prints goes to standard error.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from provisioning.image import Release, build
from simulators.reader import settings
from simulators.reader.board import Answer, Board, BoardError

VERSION = "0.1.0"
BUILT = 1_767_225_600
"""2026-01-01: the firmware believes no time before it."""
LONGEST_CUT = 3600.0


class Options(NamedTuple):
    """What the command line says."""

    broker: str
    site: str
    reader: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    language: str = "id"
    folder: Path | None = None
    """Kept between runs; None: a new one that is deleted at the end."""
    more: dict[str, object] | None = None
    """Further keys of config.json."""


def run(options: Options, lines: Iterable[str]) -> None:
    """Answer `lines` until quit or their end. Raises BoardError when the board cannot be switched on."""
    folder = options.folder or Path(tempfile.mkdtemp(prefix="ketuk-reader-"))
    board = Board(folder, settings.options(), log=_log)
    try:
        prepare(folder, options)
        ready = board.power_on()
        _say({**ready, "site": options.site, "reader": options.reader, "folder": str(folder)})
        for line in lines:
            answer = execute(board, line.strip())
            _say(answer)
            if answer.get("quit"):
                return
    finally:
        board.cut_power()
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, options: Options) -> None:
    """Lay out the board's file system; what is in it already is kept."""
    if not (folder / "a").exists():
        build(folder, Release(VERSION, BUILT))
    settings.write(
        folder,
        options.site,
        options.reader,
        settings.broker(options.broker),
        ca=options.ca,
        cert=options.cert,
        key=options.key,
        language=options.language,
        more=options.more,
    )


def execute(board: Board, line: str) -> Answer:
    """Power is cut here; everything else is the board's own to answer."""
    try:
        match line.split():
            case ["quit"]:
                return {"ok": True, "quit": True}
            case ["cut", "power", *seconds] | ["power", "cut", *seconds]:
                return _cut(board, seconds)
            case ["power", "off"]:
                board.cut_power()
                return {"ok": True, "power": "off"}
            case ["power", "on"]:
                return board.power_on() if not board.on else {"ok": True, "power": "on"}
            case ["help"]:
                own = {
                    "cut power [SECONDS]": "pull the plug and put it back after so long (1)",
                    "power on|off": "put the plug in, or pull it",
                    "quit": "end the simulator",
                }
                answer = board.command(line)
                return {**answer, "commands": {**answer.get("commands", {}), **own}}
            case _:
                return board.command(line)
    except (BoardError, OSError, ValueError) as error:
        return {"ok": False, "error": str(error)}


def _cut(board: Board, seconds: list[str]) -> Answer:
    away = float(seconds[0]) if seconds else 1.0
    if not 0 <= away <= LONGEST_CUT:
        raise ValueError(f"a cut takes 0 to {LONGEST_CUT:.0f} seconds")
    board.cut_power()
    time.sleep(away)
    return {**board.power_on(), "power": "cut", "seconds": away}


def _say(answer: Answer) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _log(line: str) -> None:
    sys.stderr.write(f"reader: {line}\n")
