"""What a walk through a log found, as values that a table or JSON can show. Pure."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_PROBLEMS = 100
"""Of one log, told one by one; the rest is counted."""
UNSIGNED = 1000
"""Entries without a signature over them after which something is wrong with a gateway that signs: a checkpoint is due
after 500, and one append may hold so many again."""
LAPSES = 4
"""Checkpoints that were due and did not come, after which something is wrong with a gateway that signs: a power cut can
swallow one, and a gateway that has just been started owes one."""


class Problem(NamedTuple):
    """Something that is not as it was written."""

    sequence: int
    kind: str
    text: str


class Gap(NamedTuple):
    """Sequences that are not held, both ends included, with the times of recording on either side."""

    first: int
    last: int
    state: str
    """missing: asked for; ended: the gateway goes on in another log; lost: for good, by the gateway's own word;
    vanished: the database once held it; outside: not part of this bundle."""
    after: str | None = None
    before: str | None = None

    @property
    def entries(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(slots=True)
class LogFindings:
    """One log."""

    logid: str
    site: str
    gateway: str
    entries: int = 0
    first: int | None = None
    last: int | None = None
    first_time: str | None = None
    """`recordedtime` of the first and last entry."""
    last_time: str | None = None
    last_hash: str = ""
    verified_to: int = 0
    """The last sequence that a good signature covers."""
    checkpoints: int = 0
    """Good ones."""
    unsigned: int = 0
    """Entries after the last good checkpoint."""
    lapses: int = 0
    """How often after that an entry was recorded well over a minute after the one before, and no checkpoint between."""
    signs: bool = False
    """Whether its gateway has a key that counts."""
    gaps: list[Gap] = field(default_factory=list)
    forks: list[int] = field(default_factory=list)
    """Sequences that exist with other bytes, too."""
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0
    """That are only counted."""

    def add(self, sequence: int, kind: str, text: str) -> None:
        """One more problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(sequence, kind, text))
        else:
            self.more_problems += 1

    @property
    def wrong(self) -> bool:
        """Whether this log is not whole, not unaltered, or not signed as it should be."""
        return bool(self.problems or self.forks or self.overdue or any(gap.state != "outside" for gap in self.gaps))

    @property
    def overdue(self) -> bool:
        """Whether its gateway signs, and what came last should have been signed long since."""
        return self.signs and (self.unsigned > UNSIGNED or self.lapses > LAPSES)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "logid": self.logid,
            "site": self.site,
            "gateway": self.gateway,
            "ok": not self.wrong,
            "entries": self.entries,
            "first": self.first,
            "last": self.last,
            "first_time": self.first_time,
            "last_time": self.last_time,
            "last_hash": self.last_hash,
            "verified_to": self.verified_to,
            "checkpoints": self.checkpoints,
            "unsigned": self.unsigned,
            "overdue": self.overdue,
            "gaps": [{**gap._asdict(), "entries": gap.entries} for gap in self.gaps],
            "forks": self.forks,
            "problems": [problem._asdict() for problem in self.problems],
            "more_problems": self.more_problems,
        }


@dataclass(slots=True)
class Findings:
    """All logs that were looked at."""

    logs: list[LogFindings] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    """Keys that signed something: site, gateway, name, public half, and why they are believed."""
    problems: list[str] = field(default_factory=list)
    """What belongs to no log."""
    open_alarms: int = 0

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.problems) or any(log.wrong for log in self.logs)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": not self.wrong,
            "entries": sum(log.entries for log in self.logs),
            "logs": [log.as_dict() for log in self.logs],
            "keys": self.keys,
            "problems": self.problems,
            "open_alarms": self.open_alarms,
        }
