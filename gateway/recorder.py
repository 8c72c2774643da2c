"""From a device's reports to the log: one recorder a device, used by its thread alone.

    reports -> prepare: stamp -> drafts -> commit: one append, cursor -> tend_clock

The device is told that a report is recorded (by polling it again) only after `commit` has returned.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from contract import audit
from contract.entry import AUDIT, PUNCH
from gateway.clock import Clock
from gateway.entries import Draft, Stored
from gateway.masking import mask_subject
from gateway.punch import Place, evidence, stamp
from gateway.reading import ClockReading, Driver, Finding, Reading, Report, SettableClock
from gateway.terminal_clock import Look, TerminalClock

logger = logging.getLogger(__name__)


class Journal(Protocol):
    """The log as a recorder sees it."""

    def append(self, drafts: Sequence[Draft]) -> list[Stored]: ...

    def cursor(self, device: str) -> str | None: ...

    def keep_cursor(self, device: str, cursor: str) -> None: ...


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


class Recorder:
    """Turns one device's reports into entries."""

    def __init__(self, place: Place, log: Journal, clock: Clock, *, max_drift_s: float) -> None:
        self.place, self.tally = place, Tally()
        self._log, self._clock = log, clock
        self._terminal = TerminalClock(clock, max_drift_s, self._kept_look())

    def cursor(self) -> str | None:
        """Where to go on with the device."""
        return self._log.cursor(self.place.device)

    @property
    def offset_s(self) -> float | None:
        """The device's clock minus the trusted one, seconds, at the last look."""
        return self._terminal.last.offset_s if self._terminal.last else None

    def prepare(self, reports: Sequence[Report]) -> Batch:
        """What is to be recorded of `reports`. Once for each: a look at a clock changes what is known of it."""
        batch = Batch(cursor=self._last_cursor(reports))
        for report in reports:
            if isinstance(report, Reading):
                batch.look |= self._terminal.suspects(report)
                batch.drafts.append(stamp(report, self.place, self._terminal.facts(report)))
            elif isinstance(report, Finding):
                batch.drafts.append(evidence(report, self.place))
            else:
                self._judge(report, batch)
        return batch

    def commit(self, batch: Batch) -> None:
        """Put it on disk. Raises LogError, and then nothing of it is recorded: call again."""
        self._tell(self._log.append(batch.drafts), batch.drafts)
        if batch.cursor is not None:
            self._log.keep_cursor(self.place.device, batch.cursor)
        if batch.looked:
            self._keep_look()

    def tend_clock(self, batch: Batch, driver: Driver) -> Batch | None:
        """After `batch`: look at the device's clock out of turn, set it where it is wrong and ours is synchronised.

        What came of it is to be committed; None: there was nothing to do. Raises DriverError.
        """
        if not (batch.look or batch.set_clock) or not isinstance(driver, SettableClock):
            return None
        after = Batch(set_clock=batch.set_clock)
        if not batch.set_clock:
            self._judge(driver.read_clock(), after)
        if after.set_clock:
            driver.set_clock(self._terminal.local_now())
            data = self._terminal.was_set(driver.read_clock())
            after.drafts.append(Draft(AUDIT, self.place.source, data))
            after.looked = True
            logger.warning("%s: clock set right: %s", self.place.device, data["detail"])
        return after

    def audit(self, event: str, detail: dict[str, object], serial: str = "") -> Batch:
        """An audit entry about the device, to be committed."""
        return Batch([Draft(AUDIT, self.place.source, audit.data(event, detail, serial=serial or None))])

    def _judge(self, reading: ClockReading, batch: Batch) -> None:
        judgement = self._terminal.judge(reading)
        batch.drafts += [Draft(AUDIT, self.place.source, data) for data in judgement.events]
        batch.set_clock, batch.looked = judgement.set_clock, True

    def _tell(self, recorded: list[Stored], drafts: list[Draft]) -> None:
        punches = sum(entry.kind == PUNCH for entry in recorded)
        self.tally.punches += punches
        self.tally.findings += len(recorded) - punches
        self.tally.known += len(drafts) - len(recorded)
        last = next((draft for draft in reversed(drafts) if draft.kind == PUNCH), None)
        if last is not None and punches:
            self.tally.last_punch = last.time
            who = mask_subject(last.subject or "")
            logger.info("%s: %d recorded, the last %s at %s", self.place.device, punches, who, last.time)

    @staticmethod
    def _last_cursor(reports: Sequence[Report]) -> str | None:
        cursors = [report.cursor for report in reports if isinstance(report, Reading) and report.cursor]
        return cursors[-1] if cursors else None

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
        except msgspec.DecodeError:
            return None
