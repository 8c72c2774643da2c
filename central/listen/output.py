"""Where the listener shows what it sees: a live table on a terminal, JSON lines in a pipe."""

import sys
from typing import Protocol, TextIO

from rich.console import Console, ConsoleRenderable
from rich.live import Live

from central.listen import jsonlines
from central.listen.arrival import Arrival
from central.listen.table import screen
from central.listen.tally import Tally

REFRESH = 8.0
"""Times a second that the table is drawn, at most."""


class Output(Protocol):
    """Told of everything once; `tally` is already up to date."""

    def arrived(self, arrival: Arrival) -> None: ...

    def state(self) -> None:
        """The connection stands otherwise than before."""

    def close(self) -> None:
        """The last word: the summary. May raise BrokenPipeError, as the others may."""


class LiveTable:
    """A table that is drawn anew in place; the last one stays on the screen."""

    def __init__(self, tally: Tally, *, unmask: bool, console: Console | None = None) -> None:
        self._tally, self._unmask = tally, unmask
        self._console = console or Console()
        self._live = Live(
            console=self._console, get_renderable=self._screen, refresh_per_second=REFRESH, vertical_overflow="crop"
        )
        self._live.start(refresh=True)

    def arrived(self, arrival: Arrival) -> None:
        """Nothing to do: the table is drawn from the tally, at its own pace."""

    def state(self) -> None:
        """As `arrived`."""

    def close(self) -> None:
        """Draw it for the last time."""
        self._live.stop()

    def _screen(self) -> ConsoleRenderable:
        return screen(self._tally, self._console.width, self._console.height, unmask=self._unmask)


class JsonLines:
    """One object a line on standard output; the state of the connection and the summary on standard error."""

    def __init__(self, tally: Tally, out: TextIO = sys.stdout, notes: TextIO = sys.stderr) -> None:
        self._tally, self._out, self._notes = tally, out, notes

    def arrived(self, arrival: Arrival) -> None:
        """Write it, and let the next program have it at once."""
        self._out.write(jsonlines.line(arrival) + "\n")
        self._out.flush()

    def state(self) -> None:
        """Write the state."""
        self._note(self._tally.state)

    def close(self) -> None:
        """Write the summary."""
        self._note(self._tally.summary())

    def _note(self, text: str) -> None:
        self._notes.write(f"ketuk listen: {text}\n")
        self._notes.flush()
