"""The reader program (`ketuk sim reader`) in tests: the whole firmware from .mpy files, on simulated chips."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.reader import settings
from simulators.reader.board import Board
from simulators.reader.main import Options, execute, prepare
from tests.brokers import Mosquitto, Tls
from tests.pki import Authority, Pair

SITE, NAME = "kec-pampangan", "pintu-1"
UID = "04A1B2C3D4E580"


class Reader:
    """A simulated reader, and what its firmware printed."""

    def __init__(self, folder: Path, options: Options, environment: dict[str, str] | None = None) -> None:
        """`environment`: further variables of the board's process."""
        self.printed: list[str] = []
        folder.mkdir(exist_ok=True)
        prepare(folder, options)
        self.folder = folder
        hardware = settings.options(wifi_ms=100)
        self.board = Board(folder, hardware, log=self.printed.append, environment=environment)
        self.board.power_on()

    def do(self, line: str) -> Any:
        answer = execute(self.board, line)
        assert answer["ok"], (line, answer, self.printed)
        return answer

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.board.cut_power()


def until(condition: Callable[[], bool], what: Callable[[], object], deadline: float = 60) -> None:
    """Wait until the condition holds; fails with `what()` when it does not in time."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


def options(broker: Mosquitto, **more: Any) -> Options:
    return Options(broker.url, SITE, NAME, **more)


class Secure:
    """A broker with certificates, and a reader that talks to it. `more` are further settings of the reader."""

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        server: Pair,
        client: Pair,
        *,
        ca: Path | None = None,
        more: dict[str, object] | None = None,
    ) -> None:
        self.broker = Mosquitto(folder, tls=Tls(authority.ca, server))
        self.options = Options(self.broker.url, SITE, NAME, ca or authority.ca, client.cert, client.key, more=more)
        self.folder = folder / "device"
