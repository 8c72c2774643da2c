"""The terminal itself, without any line: its clock, users, logs and moods. One thread only."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from simulators.zkteco import clock, events
from simulators.zkteco.clock import TerminalClock
from simulators.zkteco.codes import STATE, VERIFY, Event, Operation
from simulators.zkteco.faults import Counters, Faults
from simulators.zkteco.log import Deed, DeedLog, LogFull, Punch, PunchLog
from simulators.zkteco.profile import Profile
from simulators.zkteco.roster import Roster, User
from simulators.zkteco.session import Session

LARGEST_NUMBER = 0xFFFFFFFF


class PunchRefused(Exception):
    """The terminal did not take a punch; the message says what its screen would."""


def is_number(user_id: str) -> bool:
    """Whether a terminal that keeps user numbers as u32 can keep this one; it would forget leading zeros."""
    return user_id.isascii() and user_id.isdigit() and user_id[0] != "0" and int(user_id) <= LARGEST_NUMBER


class Terminal:
    """One device. Everything that survives a restart lives here; sessions do not."""

    def __init__(
        self,
        profile: Profile,
        *,
        serial: str = "OKI2024000001",
        comm_key: int = 0,
        seed: int = 0,
        source: Callable[[], datetime] = clock.jakarta,
    ) -> None:
        self.profile = profile
        self.serial = serial
        self.firmware = profile.firmware
        self.comm_key = comm_key
        self.random = random.Random(seed)
        self.clock = TerminalClock(source)
        self.roster = Roster(profile.user_capacity)
        self.log = PunchLog(profile.log_capacity)
        self.deeds = DeedLog()
        self.options = dict(profile.options)
        self.faults = Faults()
        self.counters = Counters()
        self.sessions: list[Session] = []
        self.hung = False
        self.verifying = True
        """Whether the reader takes fingers: not between CANCELCAPTURE and STARTVERIFY."""
        self._disabled_until = 0.0
        self._last_session = self.random.randrange(1, 0x8000)
        self.record(Operation.POWER_ON)

    # -- people at the door

    def punch(
        self,
        user_id: str,
        state: int = STATE["in"],
        verify: int = VERIFY["finger"],
        stamp: int | None = None,
        workcode: int = 0,
    ) -> Punch:
        """Somebody puts a finger on the reader; an unknown person is enrolled first. Raises PunchRefused."""
        self._ensure_ready()
        user = self.roster.by_id(user_id) or self.enrol(user_id)
        punch = Punch(user.uid, user_id, verify, state, self.clock.stamp() if stamp is None else stamp, workcode)
        try:
            self.log.append(punch)
        except LogFull as error:
            self.hung = error.hangs
            raise self._refusal(str(error)) from error
        self._announce(user, punch)
        return punch

    def _refusal(self, message: str) -> PunchRefused:
        self.counters.punches_refused += 1
        return PunchRefused(message)

    def punch_at_random(self) -> None:
        """Somebody whom the terminal knows punches; a refusal is only counted."""
        people = list(self.roster)
        user_id = self.random.choice(people).user_id if people else "1001"
        with suppress(PunchRefused):
            self.punch(user_id, self.random.choice((STATE["in"], STATE["out"])))

    def _ensure_ready(self) -> None:
        if self.hung:
            raise self._refusal("the terminal hangs: restart it")
        if self.disabled:
            raise self._refusal("the screen says Working...: a client has disabled the terminal")
        if not self.verifying:
            raise self._refusal("a client has cancelled capture: the reader is dark until STARTVERIFY")

    def _announce(self, user: User, punch: Punch) -> None:
        if punch.verify == VERIFY["finger"]:
            self.announce(Event.FINGER, b"")
            self.announce(Event.FPFTR, events.SCORE_GOOD)
        self.announce(Event.VERIFY, events.verify(user))
        self.announce(Event.ATTLOG, events.attlog(punch, self.profile.event_length))

    def announce(self, event: Event, data: bytes) -> None:
        """Send an event to all who subscribed ("all connections", vendor manual p.14)."""
        for session in self.sessions:
            session.send_event(event, data)

    def enrol(self, user_id: str, name: str = "", uid: int | None = None) -> User:
        """Enrol a person at the terminal. Raises PunchRefused without room, or for letters where it takes numbers."""
        if self.profile.numbers_only and not is_number(user_id):
            raise self._refusal(f"this terminal takes user numbers only, of 1 to 4294967295: not {user_id!r}")
        user = User(self.roster.free_uid() if uid is None else uid, user_id, name)
        if not self.roster.put(user):
            raise self._refusal(f"the terminal holds its {self.roster.capacity} users: delete one first")
        self.record(Operation.ENROL_USER, user.uid)
        return user

    def alarm(self, kind: str, user_id: str | None = None) -> None:
        """Raise an alarm, of a person for `duress` and `passback`. Raises KeyError for an unknown kind or person."""
        if kind in events.PERSON_ALARMS:
            user = self.roster.by_id(user_id or "")
            if user is None:
                raise KeyError(user_id)
            data, code = events.person_alarm(kind, user, VERIFY["finger"]), events.PERSON_ALARMS[kind]
        else:
            data = events.ALARMS[kind]
            code = data[0]
        self.record(Operation.ALARM, code)
        self.announce(Event.ALARM, data)

    # -- what clients do to it

    @property
    def disabled(self) -> bool:
        """Whether a client keeps people from punching."""
        return time.monotonic() < self._disabled_until and not self.faults.ignore_disable

    def disable(self, seconds: float = float("inf")) -> None:
        """Keep people from punching, at most so long."""
        self._disabled_until = time.monotonic() + seconds

    def enable(self) -> None:
        """Back to normal work."""
        self._disabled_until = 0.0

    def set_clock(self, shown: datetime) -> None:
        """As the menu or SET_TIME does it: the operation log keeps who and when."""
        self.clock.set(shown)
        self.record(Operation.SET_TIME)

    def clear_punches(self) -> None:
        """Delete the attendance log."""
        self.log.clear()
        self.record(Operation.DELETE_LOG)

    def record(self, operation: Operation, *values: int) -> None:
        """Write the operation log."""
        padded = (*values, 0, 0, 0, 0)[:4]
        self.deeds.append(Deed(operation, self.clock.stamp(), (padded[0], padded[1], padded[2], padded[3])))

    def adopt(self, profile: Profile) -> None:
        """Become another firmware generation, as after an update; logs and users stay."""
        self.profile = profile

    def next_session(self) -> int:
        """A number for a new session: a counter, never 0."""
        self._last_session = self._last_session % 0xFFFF + 1
        return self._last_session

    def power_cycled(self) -> None:
        """What a restart mends; logs, users and clock stay as they are."""
        self.hung = False
        self.verifying = True
        self.enable()
        self.faults.stalled_until = 0.0
        self._last_session = self.random.randrange(1, 0x8000)
        self.counters.restarts += 1
        self.record(Operation.POWER_ON)
