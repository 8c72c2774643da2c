"""Where the listener shows what it sees: a live table on a terminal, JSON lines in a pipe."""

import sys
import time
from typing import Protocol, TextIO

from rich.console import Console, ConsoleRenderable
from rich.live import Live

from central.listen import jsonlines
from central.listen.arrival import Arrival
from central.listen.table import screen
from central.listen.tally import Tally

REFRESH_S = 0.125
"""Between two drawings of the table, at least."""


class Output(Protocol):
    """Told of everything once; `tally` is already up to date."""

    def arrived(self, arrival: Arrival) -> None: ...

    def state(self) -> None:
        """The connection stands otherwise than before."""

    def tick(self) -> None:
        """Some time has passed, whether or not something came."""

    def close(self) -> None:
        """The last word: the summary. May raise BrokenPipeError, as the others may."""


class LiveTable:
    """A table that is drawn anew in place; the last one stays on the screen."""

    def __init__(self, tally: Tally, console: Console, *, unmask: bool) -> None:
        self._tally, self._console, self._unmask = tally, console, unmask
        # No thread of its own: it would read the tally while the loop writes it.
        self._live = Live(
            console=self._console, get_renderable=self._screen, auto_refresh=False, vertical_overflow="crop"
        )
        self._drawn = 0.0
        self._live.start(refresh=True)

    def arrived(self, arrival: Arrival) -> None:
        """Nothing to do: the table is drawn from the tally, at its own pace."""

    def state(self) -> None:
        """As `arrived`."""

    def tick(self) -> None:
        """Draw it, when it is time to."""
        if time.monotonic() - self._drawn >= REFRESH_S:
            self._live.refresh()
            self._drawn = time.monotonic()

    def close(self) -> None:
        """Draw it for the last time."""
        self._live.refresh()
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

    def tick(self) -> None:
        """Nothing to do: everything was written when it came."""

    def close(self) -> None:
        """Write the summary."""
        self._note(self._tally.summary())

    def _note(self, text: str) -> None:
        self._notes.write(f"ketuk listen: {text}\n")
        self._notes.flush()
