"""Rows of the report, and how they are shown."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measured thing beside its peer."""

    what: str
    ours: float
    unit: str
    peer: str = ""
    theirs: float | None = None
    at_most: float | None = None
    """Budget for ours / theirs (for `ours` itself when there is no peer)."""
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        """ours / theirs, or `ours` where the budget is absolute."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def verdict(self) -> str:
        ratio = self.ratio
        if ratio is None or (self.at_most is None and self.at_least is None):
            return ""
        good = (self.at_most is None or ratio <= self.at_most) and (self.at_least is None or ratio >= self.at_least)
        return "met" if good else "MISSED"

    @property
    def budget(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0..1) of them lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def machine() -> str:
    """What was measured on."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo") as info:  # noqa: PTH123
            names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
        model = names[0] if names else model
    except OSError:
        pass
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def show(rows: Sequence[Row], *, as_json: bool) -> None:
    """A table for people, or one JSON object."""
    if as_json:
        content = [{**asdict(row), "ratio": row.ratio, "verdict": row.verdict} for row in rows]
        json.dump({"machine": machine(), "rows": content}, sys.stdout, indent=1)
        print()
        return
    table = Table(title=f"Ketuk bench: {machine()}", title_justify="left")
    for name in ("what", "ours", "peer", "theirs", "ratio", "budget", ""):
        table.add_column(name, justify="left" if name in ("what", "peer", "") else "right")
    for row in rows:
        theirs = "" if row.theirs is None else f"{row.theirs:,.3g} {row.unit}"
        ratio = "" if row.theirs is None else f"{row.ratio:.2f}×"
        style = "red" if row.verdict == "MISSED" else "green"
        verdict = f"[{style}]{row.verdict}[/]" if row.verdict else ""
        table.add_row(row.what, f"{row.ours:,.4g} {row.unit}", row.peer, theirs, ratio, row.budget, verdict)
    Console(width=None if sys.stdout.isatty() else 150).print(table)
