"""A device's clock against the trusted one: how far it is off, and whether somebody set it. Pure.

Turning a terminal's clock back is how attendance is forged. Every look at the clock is compared with the look
before: between two looks a quartz drifts a few seconds a day; anything more is a step, and evidence. A punch that
comes in live is a look as well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from contract import audit
from gateway.clock import Clock, ClockState
from gateway.punch import ClockFacts
from gateway.reading import ClockReading, Reading

HALF_TICK = 0.5  # devices tell whole seconds: on average the true time is half a second later
LIVE_S = 5.0  # a live punch further off than this makes us look at the clock at once
DELAY_S = 120.0  # a live punch may have been held up this long on its way; longer, and its clock was behind
DRIFT_PPM = 200e-6  # the worst quartz reported for such devices, as a part
FRESH_S = 1800.0  # an offset is taken as known for this long


class Look(msgspec.Struct, frozen=True):
    """The last comparison, as it is kept across restarts."""

    offset_s: float
    at: str
    """Trusted time of the comparison, RFC 3339."""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look at the clock showed: audit data to record, and whether the clock should be set."""

    events: tuple[dict[str, object], ...] = ()
    set_clock: bool = False


class TerminalClock:
    """One device's clock. Not thread-safe: its device's thread owns it."""

    def __init__(self, clock: Clock, max_drift_s: float, last: Look | None = None) -> None:
        self._clock, self._max_drift = clock, max_drift_s
        self.last = last
        self._wrong = False
        self._suspect: float | None = None

    def judge(self, reading: ClockReading) -> Judgement:
        """A look at the clock. Without a trusted clock of our own nothing can be said."""
        offset = self._offset(reading.local_time, self._clock.at(reading.taken_at))
        if offset is None:
            return Judgement()
        events = self._compare(offset, reading)
        events += self._confirm(offset, reading.serial)
        far = abs(offset) > self._max_drift
        if far and not self._wrong:
            detail: dict[str, object] = {"offset_s": offset, "allowed_s": self._max_drift}
            events.append(audit.data("terminal-clock-wrong", detail, serial=reading.serial))
        self._wrong = far
        return Judgement(tuple(events), far and self._clock.state == "synced")

    def suspects(self, reading: Reading) -> bool:
        """Whether a punch that happens now was given a time that does not fit: then look at the clock at once."""
        if reading.origin != "live" or self.last is None or self.last.serial != reading.serial:
            return False
        offset = self._offset(reading.local_time, self._clock.now())
        if offset is None or abs(offset - self.last.offset_s) <= self._allowance() + LIVE_S:
            return False
        self._suspect = offset
        return True

    def was_set(self, reading: ClockReading) -> dict[str, object]:
        """We set it, and read it again: the evidence, and the offset to go on from."""
        before = self.last.offset_s if self.last else None
        after = self._offset(reading.local_time, self._clock.at(reading.taken_at)) or 0.0
        self._keep(after, reading.serial)
        self._wrong, self._suspect = abs(after) > self._max_drift, None
        detail: dict[str, object] = {"offset_before_s": before, "offset_s": after, "by": "gateway"}
        return audit.data("terminal-clock-set", detail, serial=reading.serial)

    def facts(self, reading: Reading) -> ClockFacts:
        """What a punch of this device says about the clock that gave its time."""
        now = self._clock.now() if self._clock.trusted else None
        if self.last is None:
            return ClockFacts("unset", None, now)
        return ClockFacts(self._state(reading), self.last.offset_s, now)

    def local_now(self) -> str:
        """The time to set a device to."""
        return self._clock.now().replace(tzinfo=None).isoformat(timespec="seconds")

    def _state(self, reading: Reading) -> ClockState:
        near = self.last is not None and abs(self.last.offset_s) <= self._max_drift
        if reading.origin == "log" or not near or self._age() > FRESH_S:
            return "holdover"
        return "synced" if self._clock.state == "synced" else "holdover"

    def _offset(self, local_time: str, trusted: datetime) -> float | None:
        if not self._clock.trusted:
            return None
        try:
            device = datetime.fromisoformat(local_time).replace(tzinfo=self._clock.zone)
        except ValueError:
            return None
        return round((device - trusted).total_seconds() + HALF_TICK, 1)

    def _compare(self, offset: float, reading: ClockReading) -> list[dict[str, object]]:
        """Keep the offset; the evidence when it cannot have drifted there from the last one."""
        events = []
        if self.last is not None and self.last.serial == reading.serial:
            step = offset - self.last.offset_s
            if abs(step) > self._allowance() + reading.round_trip / 2 + 2 * HALF_TICK:
                self._suspect = None
                events.append(self._stepped(self.last.offset_s, offset, "clock", reading.serial))
        self._keep(offset, reading.serial)
        return events

    def _confirm(self, offset: float, serial: str) -> list[dict[str, object]]:
        """A punch did not fit, but the clock does (again): it was turned and turned back, unless the punch was late."""
        suspect, self._suspect = self._suspect, None
        if suspect is None or -DELAY_S <= suspect - offset <= 0:
            return []
        return [self._stepped(offset, suspect, "punch", serial)]

    def _stepped(self, before: float, after: float, seen_by: str, serial: str) -> dict[str, object]:
        detail: dict[str, object] = {
            "step_s": round(after - before, 1),
            "offset_before_s": before,
            "offset_s": after,
            "compared_at": self.last.at if self.last else None,
            "seen_by": seen_by,
        }
        return audit.data("terminal-clock-stepped", detail, serial=serial)

    def _keep(self, offset: float, serial: str) -> None:
        self.last = Look(offset, self._clock.text(), serial)

    def _allowance(self) -> float:
        """How far a quartz may have drifted since the last look, seconds."""
        return 1.0 + self._age() * DRIFT_PPM

    def _age(self) -> float:
        if self.last is None:
            return 0.0
        try:
            age = self._clock.now() - datetime.fromisoformat(self.last.at)
        except (ValueError, TypeError):
            return 0.0
        return max(age, timedelta()).total_seconds()
