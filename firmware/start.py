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
    context = _context(board, settings)
    from firmware.main import make

    app = make(board, settings, context)
    del make
    if context is not None:
        _bound(board, settings, app.clock)
    unload("firmware.main", "firmware.storage", "firmware.chips", "contract.topics")
    gc.threshold(4096)
    return app


def _settings(board):
    from firmware.config import check

    settings = check(files.read(board.root + "/config.json"))
    del check
    unload("firmware.config", "contract.topics")
    return settings


# The TLS context takes 3 kB in one piece: it is made while the heap still has them.
def _context(board, settings):
    if not settings["broker.tls"]:
        return None
    from firmware.net import tls

    return tls(board.root or "/", settings["broker.ca"], settings["broker.cert"], settings["broker.key"])


# Without any clock a reader knows at least that its own certificates have begun: that spares a new one the wait for
# network time, which its site may not have.
def _bound(board, settings, clock) -> None:
    from firmware.issued import latest

    clock.floor(latest(board.root, settings["broker.ca"], settings["broker.cert"]))
    unload("firmware.issued")
