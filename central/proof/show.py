"""Findings for people: a table of the logs, and below it what is wrong, each in one line."""

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table

from central.listen.arrival import text
from central.proof.findings import Findings, Gap, LogFindings


def show(findings: Findings, console: Console) -> None:
    """The whole of it; one sentence at the end."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for name in ("gateway", "log", "entries", "from", "to", "verified to", "unsigned", "gaps", "forks", ""):
        right = name in ("entries", "verified to", "unsigned", "gaps", "forks")
        table.add_column(name, justify="right" if right else "left", no_wrap=name in ("gateway", "log", "from", "to"))
    for log in findings.logs:
        table.add_row(*_cells(log))
    console.print(table)
    for log in findings.logs:
        for line in lines(log):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    for problem in findings.problems:
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
    for key in findings.keys:
        public = key["public"] or "a secret of the centre's"
        console.print(
            f"{key['site']}/{key['gateway']} signed with {key['key']} ({key['why']}): {public}", soft_wrap=True
        )
    console.print(verdict(findings), style="bold red" if findings.wrong else "bold green", soft_wrap=True)


def verdict(findings: Findings) -> str:
    """One sentence."""
    entries = sum(log.entries for log in findings.logs)
    said = f"{entries:,} entries of {_many(len(findings.logs), 'log')} looked at: "
    wrong = sum(log.wrong for log in findings.logs)
    if findings.wrong:
        verb = "is" if wrong == 1 else "are"
        said += f"{_many(wrong, 'log')} {verb} not as written" if wrong else "the logs are whole, the tables are not"
    else:
        said += "whole, and unaltered as far as signatures reach"
    alarms = findings.open_alarms
    return said + (f"; {_many(alarms, 'alarm')} that nobody has handled" if alarms else "")


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def lines(log: LogFindings) -> Iterator[str]:
    """What is wrong with one log."""
    for gap in log.gaps:
        yield f"{log.logid}: {_gap(gap)}"
    if log.forks:
        some = ", ".join(str(number) for number in log.forks[:10])
        yield f"{log.logid}: {len(log.forks)} entries exist with two contents, both kept: {some}"
    if log.overdue:
        since = f"after entry {log.verified_to}" if log.verified_to else "at all"
        yield f"{log.logid}: no good signature {since}, though its gateway signs every minute of activity (overdue)"
    for problem in log.problems:
        yield f"{log.logid} entry {problem.sequence}: {text(problem.text, 300)} ({problem.kind})"
    if log.more_problems:
        yield f"{log.logid}: and {log.more_problems} more of such problems"


_STATES = {
    "missing": "missing, asked for",
    "ended": "missing; the gateway goes on in another log, which carries what it had",
    "lost": "lost for good, by the gateway's own word",
    "vanished": "gone, although they were held once",
    "outside": "not part of this bundle",
}


def _gap(gap: Gap) -> str:
    what = f"entry {gap.first}" if gap.first == gap.last else f"entries {gap.first} to {gap.last}"
    between = f", recorded between {text(gap.after or '?')} and {text(gap.before or '?')}"
    return f"{what}: {_STATES[gap.state]}{between}"


def _minute(time: str | None) -> str:
    return text((time or "")[:16]).replace("T", " ")


def _cells(log: LogFindings) -> list[str]:
    gaps = sum(gap.entries for gap in log.gaps)
    return [
        f"{log.site}/{log.gateway}",
        log.logid,
        f"{log.entries:,}",
        _minute(log.first_time),
        _minute(log.last_time),
        f"{log.verified_to:,}",
        f"{log.unsigned:,}",
        f"{gaps:,}" if gaps else "",
        str(len(log.forks) or ""),
        "[red]WRONG[/]" if log.wrong else "[green]ok[/]",
    ]
