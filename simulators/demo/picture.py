"""One screen drawn from a Scene. Pure: nothing here prints, waits or reads a clock."""

from collections.abc import Sequence

from rich.align import Align
from rich.console import ConsoleRenderable, Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from central.listen.table import table
from simulators.demo.scene import Scene, Told

_BLOCKS = " ▁▂▃▄▅▆▇█"
_TALL = 34
"""Lines of a screen that has room for everything."""
_LINE = {True: ("══ UP ══", "bold green"), False: ("══╳  ╳══", "bold red")}


def picture(scene: Scene, width: int, height: int) -> ConsoleRenderable:
    """The whole screen for a console of that size."""
    tall = height >= _TALL
    told, hill = (5, 4) if tall else (2, 2)
    parts: list[ConsoleRenderable] = [_title(scene), _chain(scene), *_backlog(scene, width, hill)]
    parts += _story(scene.story[-told:], told)
    # Title 1, chain 6, backlog heading 1 and hill, story heading 1 and two lines each, table heading 3.
    room = height - (1 + 6 + 1 + hill + 1 + 2 * told + 3)
    if room > 0:
        parts += [_rule("last punches at the broker", "absen terakhir di broker"), table(scene.rows[-room:], width)]
    return Group(*parts)


def _title(scene: Scene) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    title = Text.assemble(("Ketuk ", "bold"), ("every punch reaches the centre ", ""), ("setiap absen sampai", "dim"))
    grid.add_row(title, Text(f"{scene.elapsed:5.1f} s", "dim"))
    return grid


def _chain(scene: Scene) -> Table:
    grid = Table.grid(expand=True)
    for ratio in (7, None, 5, None, 5, None, 5):
        grid.add_column(ratio=ratio, vertical="middle", no_wrap=True)
    arrow = Text("→", "dim")
    grid.add_row(
        _terminals(scene),
        arrow,
        _box("gateway", scene.recorded, "recorded", "tercatat", "cyan" if scene.gateway == "online" else "yellow"),
        _line(scene),
        _box("broker", scene.arrived, "arrived", "tiba", "cyan"),
        arrow,
        _box("centre", scene.confirmed, "confirmed", "tersimpan", "green"),
    )
    return grid


def _line(scene: Scene) -> Group:
    cut = f"CUT {scene.cut_seconds:.0f} s" if scene.cut_seconds else ""
    note = Text(cut, "dim" if scene.line_up else "bold red")
    return Group(Text(*_LINE[scene.line_up]), Align.center(note, width=8))


def _terminals(scene: Scene) -> Panel:
    lines = [
        Text.assemble(("● ", "green") if one.on else ("○ ", "red"), (f"{one.punches} ", "bold"), one.name)
        for one in scene.terminals
    ]
    caption = Text.assemble("punched ", ("absen", "dim"))
    return Panel(Group(*lines, caption), title="doors", height=6)


def _box(title: str, count: int, english: str, indonesian: str, style: str) -> Panel:
    number = Align.center(Text(f"{count}", f"bold {style}"))
    words = [Align.center(Text(english)), Align.center(Text(indonesian, "dim"))]
    return Panel(Group(Text(""), number, *words), title=title, height=6, border_style=style)


def _backlog(scene: Scene, width: int, rows: int) -> list[ConsoleRenderable]:
    style = "yellow" if scene.waiting else "green"
    heading = _rule(f"waiting on site: {scene.waiting}, at most {scene.peak}", "menunggu di kantor")
    return [heading, *(Text(line, style) for line in hill(scene.history, width, rows))]


def _story(told: Sequence[Told], room: int) -> list[ConsoleRenderable]:
    lines: list[ConsoleRenderable] = [_rule("what happens", "yang terjadi")]
    for each in told:
        lines.append(Text.assemble((f"{each.at} ", "dim"), each.words.english, no_wrap=True, overflow="ellipsis"))
        lines.append(Text(f"{'':9}{each.words.indonesian}", "dim", no_wrap=True, overflow="ellipsis"))
    return lines + [Text("")] * (2 * (room - len(told)))


def _rule(english: str, indonesian: str) -> Rule:
    return Rule(Text.assemble(english, (f" · {indonesian}", "dim")), align="left", style="dim")


def hill(values: Sequence[int], width: int, rows: int) -> list[str]:
    """The newest `width` values as bars over so many lines, the highest filling them all; 0 is empty."""
    shown = list(values[-width:])
    highest = max(shown, default=0)
    steps = [-(-value * rows * 8 // highest) if highest else 0 for value in shown]
    return ["".join(_BLOCKS[max(0, min(8, step - row * 8))] for step in steps) for row in reversed(range(rows))]
