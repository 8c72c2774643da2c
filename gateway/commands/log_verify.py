"""`ketuk log verify`: every epoch from end to end, with a bar while it reads."""

import dataclasses
import json

from rich.console import Console

from gateway.commands import log_text
from gateway.commands.log_progress import bar
from gateway.log.verify import Report
from gateway.log.verify import verify as verify_epoch
from gateway.log.view import LogView


def verify(view: LogView, *, people: bool) -> bool:
    """Whether nothing is wrong; a line or a few for each epoch."""
    console = Console(highlight=False)
    reports = []
    with bar("verifying", sum(epoch.size() for epoch in view.epochs), bytes_=True) as advance:
        for epoch in view.epochs:
            present = epoch is view.present
            report = verify_epoch(epoch, present=present, marks=view.read_marks, progress=advance)
            reports.append(report)
            if not people:
                print(json.dumps(_line(report)))  # noqa: T201
    if people:
        for report in reports:
            for line in log_text.report_lines(report):
                console.print(line, soft_wrap=True)
        console.print(log_text.verdict(view, reports))
    return all(report.ok for report in reports)


def _line(report: Report) -> dict[str, object]:
    return {"ok": report.ok, **dataclasses.asdict(report)}
