"""The live table: what a tally holds, as something rich can draw. Pure: nothing here prints or reads a clock."""

from collections.abc import Iterable

from rich import box
from rich.console import ConsoleRenderable, Group
from rich.table import Table
from rich.text import Text

from central.listen.arrival import Arrival, mask, text
from central.listen.marks import LATE, REPLAYED, UNSYNCED, moment
from central.listen.tally import Tally

STYLES = {LATE: "yellow", REPLAYED: "magenta", UNSYNCED: "bold red"}
OVERHEAD = 5
"""Lines of the screen that are not rows: heading, rule, state, summary, and one where the cursor rests."""
WIDE = 100
"""Columns that the whole table needs."""


def screen(tally: Tally, width: int, height: int, *, unmask: bool = False) -> ConsoleRenderable:
    """The whole screen: as many of the newest rows as fit into `height` lines, and how things stand below."""
    rows = list(tally.rows)[-max(1, height - OVERHEAD) :]
    state = Text("● ", "green" if tally.connected else "red", no_wrap=True, overflow="ellipsis")
    state.append(text(tally.state, 200), "default" if tally.connected else "red")
    summary = Text(tally.summary(), "dim", no_wrap=True, overflow="ellipsis")
    return Group(table(rows, width, unmask=unmask), state, summary)


def table(rows: Iterable[Arrival], width: int = WIDE, *, unmask: bool = False) -> Table:
    """One row an arrival, the newest last. Below WIDE columns it gives up the year and the ends of names."""
    narrow = width < WIDE
    made = Table(box=box.SIMPLE_HEAD, expand=True, show_edge=False, collapse_padding=True)
    made.add_column("time", no_wrap=True, min_width=17 if narrow else 23)
    for name, most in (("site", 10), ("device", 9), ("who", 8), ("method", 6), ("direction", 6)):
        made.add_column(name, no_wrap=True, overflow="ellipsis", max_width=most if narrow else None)
    made.add_column("marks", no_wrap=True, overflow="ellipsis", ratio=1, min_width=8)
    for arrival in rows:
        made.add_row(*_cells(arrival, unmask=unmask, narrow=narrow))
    return made


def _cells(arrival: Arrival, *, unmask: bool, narrow: bool) -> list[Text]:
    if arrival.error:
        first, last = Text("unreadable", "red"), Text(text(arrival.error, 200), "red")
        return [first, Text(text(arrival.site)), Text(text(arrival.gateway)), *_blanks(3), last]
    event = arrival.event
    time = shown_time(event.get("time"))
    cells = [time[5:] if narrow and time[:4].isdigit() else time, text(arrival.site)]
    cells.append(text(event["source"]).rpartition("/")[2])
    if arrival.kind != "punch":
        note = Text(_word(event, "event"), "cyan").append(" ").append_text(_marks(arrival))
        return [*map(Text, cells), *_blanks(1), Text(arrival.kind, "cyan"), *_blanks(1), note]
    subject = text(event.get("subject", "?"))
    cells += [subject if unmask else mask(subject), _word(event, "method"), _word(event, "direction")]
    return [*map(Text, cells), _marks(arrival)]


def _blanks(count: int) -> list[Text]:
    return [Text("") for _ in range(count)]


def _marks(arrival: Arrival) -> Text:
    return Text(" ").join(Text(mark, STYLES[mark]) for mark in arrival.marks)


def _word(event: dict[str, object], name: str) -> str:
    data = event["data"]
    return text(data.get(name, ""), 32) if isinstance(data, dict) else ""


def shown_time(value: object) -> str:
    """`2026-03-02 12:00:00 +07`; what is no such time is shown as it is, and nothing as `no clock`."""
    if value is None:
        return "no clock"
    parsed = moment(value)
    if parsed is None:
        return text(value, 22)
    offset = f"{parsed:%z}"
    return f"{parsed:%Y-%m-%d %H:%M:%S} {offset[:3]}" + ("" if offset.endswith("00") else f":{offset[3:]}")
