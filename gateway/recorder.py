"""From a device's reports to the log: one recorder a device, used by its thread alone.

    reports -> prepare: stamp -> drafts -> commit: one append, cursor -> tend_clock

The device is told that a report is recorded (by polling it again) only after `commit` has returned.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from contract import audit
from contract.entry import AUDIT, PUNCH
from gateway.clock import Clock
from gateway.entries import Draft, Stored
from gateway.fitness import MAX_SERIAL, quarantined, unfit
from gateway.masking import mask_subject
from gateway.plain import plain, text_of
from gateway.punch import Place, evidence, stamp
from gateway.reading import ClockReading, Driver, Finding, Reading, RereadableLog, SettableClock
from gateway.terminal_clock import Moment, TerminalClock
from gateway.terminal_look import Look

logger = logging.getLogger(__name__)

SLICE = 500  # drafts in one append: the log writes as many at once, all or none
MAX_CURSOR = 4096  # characters; it is kept in a small file that is written whole


class Journal(Protocol):
    """The log as a recorder sees it."""

    def append(self, drafts: Sequence[Draft]) -> list[Stored]: ...

    def cursor(self, device: str) -> str | None: ...

    def keep_cursor(self, device: str, cursor: str) -> None: ...

    def keep_marks(self) -> None: ...


@dataclass(slots=True)
class Tally:
    """What came from a device since the gateway started."""

    punches: int = 0
    known: int = 0
    findings: int = 0
    last_punch: str | None = None


@dataclass(slots=True)
class Batch:
    """What one poll is to leave in the log, and what is to be done about the device's clock afterwards."""

    drafts: list[Draft] = field(default_factory=list)
    cursor: str | None = None
    looked: bool = False
    look: bool = False
    set_clock: bool = False
    repeated: bool = False
    """A live punch was a fact that the log had already: the same person at a second that came twice, perhaps."""


class Recorder:
    """Turns one device's reports into entries."""

    def __init__(self, place: Place, log: Journal, clock: Clock, *, max_drift_s: float) -> None:
        self.place, self.tally = place, Tally()
        self._log, self._clock = log, clock
        self._terminal = TerminalClock(clock, max_drift_s, self._kept_look())

    def cursor(self) -> str | None:
        """Where to go on with the device."""
        return self._log.cursor(self.place.device)

    def now(self) -> str:
        """The time by the gateway's clock, RFC 3339."""
        return self._clock.text()

    @property
    def offset_s(self) -> float | None:
        """The device's clock minus the trusted one, seconds, at the last look."""
        return self._terminal.last.offset_s if self._terminal.last else None

    def prepare(self, reports: Sequence[object]) -> Batch:
        """What is to be recorded of `reports`. Once for each: a look at a clock changes what is known of it."""
        batch = Batch(cursor=self._last_cursor(reports))
        reports = self._attributed(reports, batch)
        moment = self._terminal.moment()
        for report in reports:
            self._take(report, batch, moment)
            if isinstance(report, ClockReading):
                moment = self._terminal.moment()
        return batch

    def _take(self, report: object, batch: Batch, moment: Moment) -> None:
        why = unfit(report)
        if why is not None:
            logger.error("%s: its driver gave what is no report: %s; it is kept as evidence", self.place.device, why)
            batch.drafts.append(quarantined(report, why, self.place.source))
        elif isinstance(report, Reading):
            facts = self._terminal.facts(report, moment)
            if self._terminal.suspects(report):
                batch.look, facts = True, replace(facts, state="holdover", offset_s=None)
            batch.drafts.append(stamp(report, self.place, facts))
        elif isinstance(report, Finding):
            batch.drafts.append(evidence(report, self.place))
        elif isinstance(report, ClockReading):
            judgement = self._terminal.judge(report)
            batch.drafts += [self._audit(data) for data in judgement.events]
            batch.set_clock, batch.looked = judgement.set_clock, True

    def _attributed(self, reports: Sequence[object], batch: Batch) -> Sequence[object]:
        """With a setting of the clock that a driver found but did not see as ours, if we set it before we were stopped.

        The last that fits: a clock that we put right was set wrong by somebody a moment before.
        """
        for number in range(len(reports) - 1, -1, -1):
            report = reports[number]
            if isinstance(report, Finding) and unfit(report) is None and self._was_us(report):
                batch.looked = True
                ours = replace(report, event="terminal-operation", detail={**report.detail, "by": "gateway"})
                return [*reports[:number], ours, *reports[number + 1 :]]
        return reports

    def _was_us(self, finding: Finding) -> bool:
        if finding.event != "terminal-clock-changed" or finding.detail.get("watched", True):
            return False
        return self._terminal.was_us(finding)

    def commit(self, batch: Batch) -> None:
        """Put it on disk. Raises LogError: what is still in the batch is not recorded; call again."""
        while batch.drafts:
            part = batch.drafts[:SLICE]
            recorded = self._log.append(part)
            del batch.drafts[: len(part)]
            batch.repeated |= len(recorded) < len(part) and _lives(part) > _lives_stored(recorded)
            self._tell(recorded, part)
        if batch.cursor is not None:
            self._log.keep_cursor(self.place.device, batch.cursor)
        if batch.looked:
            self._keep_look()

    def tend_clock(self, batch: Batch, driver: Driver) -> Batch | None:
        """After `batch` is on disk: set the device's clock where it is wrong and ours is synchronised, or look at it
        out of turn.

        What came of it is to be committed, and may be followed by more; None: there was nothing to do. Raises
        DriverError.
        """
        if batch.repeated and isinstance(driver, RereadableLog):
            driver.reread()
        if not isinstance(driver, SettableClock):
            return None
        if batch.set_clock:
            return self._set_clock(driver)
        return self.prepare([driver.read_clock()]) if batch.look else None

    def _set_clock(self, driver: SettableClock) -> Batch | None:
        local_time = self._terminal.about_to_set()
        if local_time is None:
            return None
        self._keep_look()
        self._log.keep_marks()  # whatever ends us now: the next look knows who set it
        driver.set_clock(local_time)
        reading = driver.read_clock()
        if unfit(reading) is not None:
            return self.prepare([reading])
        events = self._terminal.was_set(reading)
        for event in events:
            logger.warning("%s: clock set right: %s", self.place.device, event["detail"])
        return Batch([self._audit(data) for data in events], looked=True)

    def audit(self, event: str, detail: dict[str, object], serial: str = "") -> Batch:
        """An audit entry about the device, to be committed."""
        return Batch([self._audit(audit.data(event, plain(detail), serial=text_of(serial, MAX_SERIAL) or None))])

    def _audit(self, data: dict[str, object]) -> Draft:
        return Draft(AUDIT, self.place.source, data)

    def _tell(self, recorded: list[Stored], drafts: list[Draft]) -> None:
        punches = sum(entry.kind == PUNCH for entry in recorded)
        self.tally.punches += punches
        self.tally.findings += len(recorded) - punches
        self.tally.known += len(drafts) - len(recorded)
        last = max((draft for draft in drafts if draft.kind == PUNCH), key=lambda draft: draft.time or "", default=None)
        if last is not None and punches:
            self.tally.last_punch = max(self.tally.last_punch or "", last.time or "") or None
            who = mask_subject(last.subject or "")
            logger.info("%s: %d recorded, the last %s at %s", self.place.device, punches, who, last.time)

    def _last_cursor(self, reports: Sequence[object]) -> str | None:
        cursors = [report.cursor for report in reports if isinstance(report, Reading | ClockReading) and report.cursor]
        if not cursors:
            return None
        if isinstance(cursors[-1], str) and len(cursors[-1]) <= MAX_CURSOR:
            return cursors[-1]
        logger.error("%s: its driver's cursor is no short text: it is not kept", self.place.device)
        return None

    @property
    def _look_name(self) -> str:
        return f"{self.place.device}#clock"

    def _keep_look(self) -> None:
        if self._terminal.last is not None:
            self._log.keep_cursor(self._look_name, msgspec.json.encode(self._terminal.last).decode())

    def _kept_look(self) -> Look | None:
        kept = self._log.cursor(self._look_name)
        if kept is None:
            return None
        try:
            return msgspec.json.decode(kept, type=Look)
        except (msgspec.DecodeError, UnicodeError):
            return None


def _lives(drafts: Sequence[Draft]) -> int:
    return sum(draft.kind == PUNCH and draft.data["origin"] == "live" for draft in drafts)


def _lives_stored(entries: Sequence[Stored]) -> int:
    return sum(entry.kind == PUNCH and b'"origin":"live"' in entry.raw for entry in entries)
