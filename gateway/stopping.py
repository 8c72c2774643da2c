"""SIGTERM and Ctrl-C: a clean stop, with an end to it.

The signals are blocked and waited for in a thread: a handler runs in the middle of whatever the main thread does,
and one that sets an Event while the main thread waits for it can block both for ever. A second signal, or `patience`
seconds, end the process whatever hangs: the log can take that (it takes SIGKILL).
"""

import logging
import os
import signal
import threading
from typing import NoReturn

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
PATIENCE_S = 4.8


def stop_on_signals(patience: float = PATIENCE_S) -> threading.Event:
    """An event that the first signal sets. To be called before any other thread is started: they inherit the mask."""
    stop = threading.Event()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    threading.Thread(target=_wait, args=(stop, patience), name="signals", daemon=True).start()
    return stop


def _wait(stop: threading.Event, patience: float) -> None:
    signal.sigwait(SIGNALS)
    stop.set()
    timer = threading.Timer(patience, _leave, ("it does not stop",))
    timer.daemon = True
    timer.start()
    signal.sigwait(SIGNALS)
    _leave("told twice to stop")


def _leave(why: str) -> NoReturn:
    said = threading.Thread(target=logger.critical, args=("%s: leaving at once; nothing is lost", why), daemon=True)
    said.start()
    said.join(0.1)  # nobody may be reading our standard error any more
    os._exit(1)
