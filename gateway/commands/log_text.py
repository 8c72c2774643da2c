"""Entries and findings of `ketuk log` as people read them. Pure but for the console."""

import contextlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich import box
from rich.table import Table
from rich.text import Text

from contract.entry import AUDIT, PUNCH
from gateway.log.documents import EntryDocument
from gateway.log.verify import Report
from gateway.log.view import LogView
from gateway.masking import mask_subject, mask_text

_STATES = {"confirmed": "green", "published": "yellow", "waiting": "red", "older log": "dim"}


def clean(value: object, most: int = 200) -> str:
    """Text that can do nothing to a terminal, and is not longer than `most`."""
    text = "".join(char if char.isprintable() else "·" for char in str(value))
    return text if len(text) <= most else text[: most - 1] + "…"


def table(rows: Iterable[tuple[EntryDocument, str]], *, unmask: bool, logs: bool) -> Table:
    """Entries with their state; `logs`: with a column that tells which log each is of."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=True, collapse_padding=True)
    for name in ("log", "sequence")[0 if logs else 1 :]:
        made.add_column(name, no_wrap=True, justify="right")
    for name in ("time", "device", "who"):
        made.add_column(name, no_wrap=True)
    made.add_column("what", no_wrap=True, overflow="ellipsis", ratio=1)
    made.add_column("state", no_wrap=True)
    for document, state in rows:
        cells = [clean(document.get("logid")), str(document.doc_id)][0 if logs else 1 :]
        cells += [
            _time(document),
            clean(str(document.get("source")).rpartition("/")[2], 32),
            _who(document, unmask=unmask),
        ]
        made.add_row(*map(Text, cells), _what(document, unmask=unmask), Text(state, _STATES.get(state, "")))
    return made


def _time(document: EntryDocument) -> str:
    """When it happened; for what has no time, when it was recorded, in brackets."""
    time = document.get("time")
    shown = clean(time or document.get("recordedtime"), 32)
    with contextlib.suppress(ValueError):
        moment = datetime.fromisoformat(shown)
        offset = f"{moment:%z}"
        shown = f"{moment:%Y-%m-%d %H:%M:%S} {offset[:3]}" + ("" if offset.endswith("00") else f":{offset[3:5]}")
    return shown if time else f"({shown})"


def _who(document: EntryDocument, *, unmask: bool) -> str:
    subject = document.get("subject")
    if subject is None:
        return ""
    return clean(subject if unmask else mask_subject(str(subject)), 40)


def _what(document: EntryDocument, *, unmask: bool) -> Text:
    kind, data = str(document.get("type")).split(".")[1], document.get("data")
    data = data if isinstance(data, dict) else {}
    if kind == PUNCH:
        origin = data.get("origin", "live")
        words = [data.get("method", "?"), data.get("direction", "?"), "" if origin == "live" else f"({origin})"]
        return Text(clean(" ".join(map(str, words)).strip(), 60))
    if kind == AUDIT:
        detail = json.dumps(data.get("detail", {}), ensure_ascii=False)
        shown = clean(detail if unmask else mask_text(detail), 160)
        return Text(clean(data.get("event", "?"), 40), "cyan").append(f" {shown}" if shown != "{}" else "", "dim")
    return Text(kind, "magenta")


def report_lines(report: Report) -> Iterable[Text]:
    """What `verify` found in one epoch."""
    mark = ("✓ ", "green") if report.ok else ("✗ ", "bold red")
    yield Text.assemble(mark, (report.logid, "bold"), f"  {report.folder}")
    if report.first is None:
        yield Text("  no entries")
    else:
        yield Text(f"  {report.entries} entries, {report.first} to {report.last}")
        yield Text(f"  recorded {clean(report.first_time)} to {clean(report.last_time)}")
        yield Text(f"  hash of {report.last}: {report.hash}")
    if report.published is not None:
        yield Text(f"  published through {report.published}, confirmed through {report.confirmed}")
    if report.deleted:
        yield Text(f"  1 to {report.deleted} were deleted after they had been delivered", "dim")
    for first, last in report.lost:
        yield Text(f"  missing: {_range(first, last)}", "bold red")
    for before, after in report.altered:
        yield Text(f"  altered: {before} or {after}; {after} does not name the hash of {before}", "bold red")
    for line in report.wrong:
        yield Text(f"  wrong: {clean(line)}", "bold red")
    for line in report.notes:
        yield Text(f"  note: {clean(line)}", "dim")


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last} ({last - first + 1} entries)"


def verdict(view: LogView, reports: Sequence[Report]) -> Text:
    """The last line of `verify`."""
    if not reports:
        return nothing(view, "")
    bad = sum(not report.ok for report in reports)
    entries = sum(report.entries for report in reports)
    if bad:
        return Text(f"something is wrong in {bad} of {len(reports)} logs", "bold red")
    return Text(f"whole: {entries} entries in {len(reports)} {'log' if len(reports) == 1 else 'logs'}", "green")


def nothing(view: LogView, otherwise: str) -> Text:
    """Why nothing is shown."""
    if any(epoch.firsts() for epoch in view.epochs):
        return Text(otherwise)
    return Text("the log is empty: nothing has been recorded here yet")
