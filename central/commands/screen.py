"""What a person sees who starts the ingester on a terminal: one picture that is drawn anew, log lines above it."""

import logging
import time
from collections import deque

from rich.console import Console, Group
from rich.live import Live
from rich.logging import RichHandler
from rich.table import Table
from rich.text import Text

from central.ingest.ingester import Ingester

_WINDOW = 40


class Screen:
    """Drawn by whoever calls `draw`; it owns no thread."""

    def __init__(self, ingester: Ingester, console: Console | None = None) -> None:
        self._ingester = ingester
        self._past: deque[tuple[float, int]] = deque(maxlen=_WINDOW)
        self._console = console or Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._live.start()
        for handler in logging.getLogger().handlers:
            logging.getLogger().removeHandler(handler)
        logging.getLogger().addHandler(RichHandler(console=self._console, show_path=False, markup=False))

    def draw(self) -> None:
        """The picture of this moment."""
        self._past.append((time.monotonic(), self._ingester.counts.entries))
        self._live.update(self.picture(), refresh=True)

    def close(self) -> None:
        """The last picture stays."""
        self.draw()
        self._live.stop()

    def picture(self) -> Group:
        """As something rich can draw."""
        ingester, counts = self._ingester, self._ingester.counts
        table = Table.grid(padding=(0, 3))
        table.add_row("entries", f"{counts.entries:,}", "a second", f"{self._rate():,.0f}")
        table.add_row(
            "gateways",
            f"{ingester.watermarks.gateways:,}",
            "with something missing",
            f"{ingester.watermarks.missing:,}",
        )
        table.add_row("came again", f"{counts.duplicates:,}", "watermarks", f"{counts.watermarks:,}")
        table.add_row("forked", _loud(counts.forks), "dead letters", _loud(counts.dead))
        table.add_row("alarms", _loud(counts.alarms), "", "")
        broker = _state("broker", ingester.session.refusal if not ingester.session.connected else "")
        return Group(broker, _state(ingester.keeper.database.name, ingester.trouble), table)

    def _rate(self) -> float:
        if len(self._past) < 2 or self._past[-1][0] == self._past[0][0]:
            return 0.0
        return (self._past[-1][1] - self._past[0][1]) / (self._past[-1][0] - self._past[0][0])


def _state(what: str, trouble: str) -> Text:
    said = Text("● ", "red" if trouble else "green", no_wrap=True, overflow="ellipsis")
    return said.append(f"{what}: {trouble or 'fine'}", "red" if trouble else "default")


def _loud(count: int) -> Text:
    return Text(f"{count:,}", "bold red" if count else "dim")
