"""A device's clock against the trusted one: how far it is off, and whether somebody set it. Pure.

Turning a terminal's clock back is how attendance is forged. Every look at the clock is compared with the look
before: between two looks a quartz drifts a few seconds a day; anything more is a step, and evidence. A punch that
comes in live is a look as well. Nobody may be accused of what we did ourselves: our own clock's steps are taken out,
and a setting of ours whose outcome was not seen (the line broke, the power failed) is remembered until the next look.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from contract import audit
from gateway.clock import Clock, ClockState
from gateway.punch import ClockFacts, in_future, wall_time
from gateway.reading import ClockReading, Finding, Reading
from gateway.terminal_look import Look

HALF_TICK = 0.5  # devices tell whole seconds: on average the true time is half a second later
LIVE_S = 5.0  # a live punch further off than this makes us look at the clock at once
DELAY_S = 120.0  # a live punch may have been held up this long on its way; longer, and its clock was behind
DRIFT_PPM = 200e-6  # the worst quartz reported for such devices, as a part
FRESH_S = 1800.0  # an offset is taken as known for this long
DAY_S = 86400.0  # a clock further off than this was reset, and what it recorded before that was not so far off


@dataclass(frozen=True, slots=True)
class Moment:
    """How the two clocks stand to each other now: found out once for all punches that came together."""

    now: datetime | None
    """The trusted time; None when there is none."""
    offset_s: float | None
    """The device's clock minus that, seconds; None when they were never compared."""


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
        if self.last is not None and self.last.serial != reading.serial:
            self.last, self._wrong, self._suspect = None, False, None
        events = self._compare(offset, reading)
        self._keep(offset, reading.serial)
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
        if offset is None or abs(offset - self._expected(self.last)) <= self._allowance() + LIVE_S:
            return False
        if self._overtaken(reading, self.last):
            return False
        self._suspect = offset
        return True

    def about_to_set(self) -> str | None:
        """The time to set it to; None: it may not be set now. Until it is seen again, a step of it may be ours."""
        if self.last is None or self._clock.state != "synced":
            return None
        self.last = self.last.telling(self._clock.now(), self._expected(self.last))
        return self.last.told

    def was_us(self, changed: Finding) -> bool:
        """Whether a setting that the device recorded while nobody watched is our own last one; each is ours once."""
        last = self.last
        if last is None or last.serial != changed.serial or not last.told_it(changed.detail.get("time")):
            return False
        self.last = msgspec.structs.replace(last, told="", told_at="")
        return True

    def was_set(self, reading: ClockReading) -> list[dict[str, object]]:
        """We set it, and read it again at once: the evidence. None where our own clock cannot be trusted any more."""
        offset = self._offset(reading.local_time, self._clock.at(reading.taken_at))
        if offset is None or self.last is None:
            return []
        before = self._expected(self.last)
        self._keep(offset, reading.serial, before=before, set_to=reading.local_time)
        self._wrong, self._suspect = abs(offset) > self._max_drift, None
        return [_set_right(before, offset, reading.serial)]

    def moment(self) -> Moment:
        """How matters stand, for `facts`; until the next look at the device's clock."""
        now = self._clock.now() if self._clock.trusted else None
        return Moment(now, None if self.last is None else round(self._expected(self.last), 1))

    def facts(self, reading: Reading, moment: Moment | None = None) -> ClockFacts:
        """What a punch of this device says about the clock that gave its time."""
        moment = moment or self.moment()
        if self.last is None or moment.offset_s is None or self.last.serial != reading.serial:
            return ClockFacts("unset", None, moment.now)
        offset = self._offset_then(reading, self.last, moment.offset_s, moment.now)
        return ClockFacts(self._state(reading, self.last), offset, moment.now)

    # What a punch is told

    def _state(self, reading: Reading, last: Look) -> ClockState:
        near = abs(last.offset_s) <= self._max_drift
        if reading.origin == "log" or not near or self._age() > FRESH_S:
            return "holdover"
        return "synced" if self._clock.state == "synced" else "holdover"

    def _offset_then(self, reading: Reading, last: Look, known: float, now: datetime | None) -> float | None:
        """The offset when the punch was made: for one that was made before we set the clock, the offset before that."""
        if last.before_s is None:
            return known
        live = reading.origin == "live"
        if self._overtaken(reading, last) if live else self._was_before(reading.local_time, known, now):
            return last.before_s if abs(last.before_s) <= DAY_S else None
        return known

    def _was_before(self, local_time: str, offset: float, now: datetime | None) -> bool:
        assert self.last is not None  # noqa: S101 - facts has looked
        if local_time < self.last.set_to:
            return True
        shown = wall_time(local_time)
        return shown is not None and now is not None and in_future(shown.replace(tzinfo=now.tzinfo), offset, now)

    def _overtaken(self, reading: Reading, last: Look) -> bool:
        """Whether a live punch was made before we set the clock a moment ago, and was on its way meanwhile."""
        now = self._clock.now()
        since, offset = self._offset(last.set_to, now), self._offset(reading.local_time, now)
        if last.before_s is None or since is None or offset is None:
            return False
        slack = self._allowance() + LIVE_S
        return -DELAY_S <= since <= slack and -DELAY_S <= offset - last.before_s <= slack

    # Looks

    def _offset(self, local_time: str, trusted: datetime) -> float | None:
        shown = wall_time(local_time)
        if shown is None or not self._clock.trusted:
            return None
        return round((shown.replace(tzinfo=self._clock.zone) - trusted).total_seconds() + HALF_TICK, 1)

    def _compare(self, offset: float, reading: ClockReading) -> list[dict[str, object]]:
        """The evidence when the offset cannot have drifted there from the last one."""
        last = self.last
        if last is None:
            return []
        before = self._expected(last)
        slack = self._allowance() + reading.round_trip / 2 + 2 * HALF_TICK
        if last.setting and abs(offset) < min(self._max_drift + slack, abs(offset - before)):
            self._suspect = None
            self.last = msgspec.structs.replace(last, before_s=before, set_to=reading.local_time)
            return [_set_right(before, offset, reading.serial)]
        if abs(offset - before) <= slack or not self._comparable(last):
            return []
        self._suspect = None
        return [self._stepped(before, offset, "clock", reading.serial)]

    def _confirm(self, offset: float, serial: str) -> list[dict[str, object]]:
        """A punch did not fit, but the clock does (again): it was turned and turned back, unless the punch was late."""
        suspect, self._suspect = self._suspect, None
        if suspect is None or -DELAY_S <= suspect - offset <= 0:
            return []
        return [self._stepped(offset, suspect, "punch", serial)]

    def _stepped(self, before: float, after: float, seen_by: str, serial: str) -> dict[str, object]:
        detail: dict[str, object] = {
            "step_s": round(after - before, 1),
            "seen_by": seen_by,
            "offset_before_s": round(before, 1),
            "offset_s": after,
            "compared_at": self.last.at if self.last else None,
        }
        return audit.data("terminal-clock-stepped", detail, serial=serial)

    def _keep(self, offset: float, serial: str, *, before: float | None = None, set_to: str = "") -> None:
        told = ("", "")
        if self.last is not None:
            told = (self.last.told, self.last.told_at)
            if before is None:
                before, set_to = self.last.before_s, self.last.set_to
        self.last = Look(
            offset,
            self._clock.text(),
            serial,
            self._clock.mark(),
            synced=self._clock.state == "synced",
            before_s=None if before is None else round(before, 1),
            set_to=set_to,
            told=told[0],
            told_at=told[1],
        )

    def _comparable(self, last: Look) -> bool:
        """Whether the trusted clock was the same then and now: known to be, or synchronised both times."""
        return self._clock.moved_since(last.mark) is not None or (last.synced and self._clock.state == "synced")

    def _expected(self, last: Look) -> float:
        """The last offset against our clock as it is now: what that was set or slewed meanwhile is not the device's."""
        moved = self._clock.moved_since(last.mark) if self._clock.trusted else None
        drift = HALF_TICK + self._age() * DRIFT_PPM
        return last.offset_s if moved is None or abs(moved) <= drift else last.offset_s - moved

    def _allowance(self) -> float:
        """How far a quartz may have drifted since the last look, seconds."""
        return 1.0 + self._age() * DRIFT_PPM

    def _age(self) -> float:
        """Seconds since the last look."""
        if self.last is None:
            return 0.0
        try:
            age = self._clock.now() - datetime.fromisoformat(self.last.at)
        except (ValueError, TypeError):
            return 0.0
        moved = self._clock.moved_since(self.last.mark) or 0.0
        return max(age - timedelta(seconds=moved), timedelta()).total_seconds()


def _set_right(before: float, after: float, serial: str) -> dict[str, object]:
    detail: dict[str, object] = {"offset_before_s": round(before, 1), "offset_s": after, "by": "gateway"}
    return audit.data("terminal-clock-set", detail, serial=serial)
