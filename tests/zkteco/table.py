"""The matrix as a table: profile by fault, what came of each cell. `python -m tests.zkteco.table` prints it."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

BUILD = Path(__file__).parents[2] / "build"
RESULTS = BUILD / "zkteco-matrix.json"
TEXT = BUILD / "zkteco-matrix.txt"
WIDTH = 170

Results = dict[str, dict[str, str]]
"""fault -> kind -> `ok`, or what went wrong."""


def add(found: Results) -> None:
    """Put cells that were run into the table on disk; those that were not run keep what they had."""
    known = load()
    for name, cells in found.items():
        known[name] = known.get(name, {}) | cells
    BUILD.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known, indent=1))
    with TEXT.open("w") as file:
        Console(file=file, width=WIDTH).print(rendered(known))


def load() -> Results:
    """What was found so far."""
    try:
        known: Results = json.loads(RESULTS.read_text())
    except (OSError, ValueError):
        return {}
    return known


def rendered(results: Results) -> Table:
    """Faults in the order in which they are defined; `-` where a terminal cannot have the fault, `.` where not run."""
    from tests.zkteco.every_fault import FAULTS
    from tests.zkteco.kinds import KINDS

    table = Table(title="Every fault on every kind of terminal", title_justify="left")
    for name in ("fault", *map(str, KINDS), "audit entries left"):
        table.add_column(name, max_width=44)
    for fault in FAULTS:
        cells = results.get(fault.name, {})
        row = [cells.get(str(kind), ".") if kind in fault.kinds else "-" for kind in KINDS]
        words = sorted({word for kind in fault.kinds for word, times in fault.words(kind).items() if times.least})
        table.add_row(fault.name, *row, ", ".join(words))
    run = [cell for cells in results.values() for cell in cells.values()]
    table.caption = f"{run.count('ok')} of {len(run)} cells ok"
    return table


if __name__ == "__main__":
    Console(width=None if sys.stdout.isatty() else WIDTH).print(rendered(load()))
