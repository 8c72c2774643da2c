"""Where the demo is seen: one live screen on a terminal, lines in a pipe."""

from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.live import Live

from simulators.demo.picture import picture
from simulators.demo.scene import Scene, Told

PROGRESS_S = 2.0
"""Between two lines of progress."""
PICTURE = (110, 36)
"""Columns and lines of the saved picture."""


class LiveScreen:
    """The whole terminal; the last picture stays behind when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = Scene()
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._live.start()

    def show(self, scene: Scene) -> None:
        """Draw it."""
        self._last = scene
        self._live.update(picture(scene, *self._console.size), refresh=True)

    def tell(self, told: Told) -> None:
        """Nothing to do: the story is part of the scene."""

    def close(self) -> None:
        """Back to the ordinary screen."""
        self._live.stop()
        width, height = self._console.size
        self._console.print(picture(self._last, width, height - 4))


class Lines:
    """A line for each thing that happens, and one now and then that says how it stands."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._next = 0.0

    def show(self, scene: Scene) -> None:
        """A line of progress, when it is time for one."""
        if scene.elapsed < self._next:
            return
        self._next = scene.elapsed + PROGRESS_S
        self._write(
            f"{scene.elapsed:5.1f} s  punched {scene.punched}  recorded {scene.recorded}  "
            f"line {'up' if scene.line_up else 'CUT'}  at the broker {scene.arrived}  "
            f"confirmed {scene.confirmed}  waiting {scene.waiting}"
        )

    def tell(self, told: Told) -> None:
        """One line, both languages."""
        self._write(f"{told.at}  {told.words.english} / {told.words.indonesian}")

    def close(self) -> None:
        """Nothing to put away."""

    def _write(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()


def save_picture(scene: Scene, file: Path) -> None:
    """The screen as SVG, of a size of its own. Raises OSError."""
    width, height = PICTURE
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=width, height=height, force_terminal=True, file=nowhere)
        console.print(picture(scene, width, height - 1))
    file.write_text(console.export_svg(title="ketuk demo"), encoding="utf-8")
