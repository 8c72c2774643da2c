# Starts the reader: settings, object graph, watchdog, and then the app for ever. What only the start needs is unloaded.

import asyncio
import gc

from firmware import files
from firmware.unload import unload


def run() -> None:
    from firmware.hardware import Board

    app = made(Board())
    app.board.guard()
    asyncio.run(app.run())


# The app of this board. Raises ConfigError with every mistake in config.json.
def made(board):
    settings = _settings(board)
    from firmware.main import make

    app = make(board, settings)
    del make
    unload("main", "storage", "chips")
    gc.threshold(16384)
    return app


def _settings(board):
    from firmware.config import check

    settings = check(files.read(board.root + "/config.json"))
    del check
    unload("config")
    return settings
