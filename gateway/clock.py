"""The gateway's own clock: what time it is, and whether that can be believed.

A Raspberry Pi without a battery clock boots with the time of its last shutdown. Three states, as in the contract:

    unset      nobody has set the clock right since the machine booted, or somebody set it by hand: a guess
    synced     the kernel says so now (`adjtimex` without STA_UNSYNC)
    holdover   it was synced, and the clock has run on by itself since

Nothing is ordered by wall time; a step is noticed by comparing it with the monotonic clock, which is slewed with it
but never set. `memory` carries holdover over a restart of the program: within one boot, and only if nobody set the
clock meanwhile.
"""

import ctypes
import functools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract import audit

logger = logging.getLogger(__name__)

ClockState = Literal["synced", "holdover", "unset"]

STEP_S = 1.0  # a wall clock that moves this much against the monotonic one was set, not slewed
_STA_UNSYNC = 0x0040  # include/uapi/linux/timex.h
_LOOK_EVERY_S = 0.05  # a look costs a few microseconds; a long back-fill asks for the state with every record
_WAITING = 100  # events that nobody fetched


class _Timex(ctypes.Structure):
    """The head of `struct timex`; the rest is room for the kernel to write to (adjtimex(2))."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@functools.cache
def _adjtimex() -> Callable[[Any], int]:
    try:
        found: Callable[[Any], int] = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        logger.warning("this system has no adjtimex: its clock is not trusted; see [clock] trust")
        return lambda _buffer: -1
    return found


def kernel_is_synced() -> bool:
    """Whether the kernel's clock is disciplined by somebody (chrony, systemd-timesyncd, ntpd)."""
    buffer = _Timex()
    return _adjtimex()(ctypes.byref(buffer)) >= 0 and not buffer.status & _STA_UNSYNC


def hardware_ticks() -> float:
    """Seconds of a clock that nobody sets or slews (CLOCK_MONOTONIC_RAW; Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_MONOTONIC_RAW", time.CLOCK_MONOTONIC))


@functools.cache
def boot_id() -> str:
    """Which run of the machine this is; empty where the kernel does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something about the own clock that belongs in the log."""

    event: str
    detail: dict[str, object]

    def data(self) -> dict[str, object]:
        return audit.data(self.event, self.detail)


class Kept(msgspec.Struct, frozen=True):
    """A moment when the clock could be trusted."""

    boot: str
    base_s: float
    """Wall clock minus monotonic clock then."""


class Clock:
    """The time in `zone`. `check` must be called every few seconds; everything may be called from any thread."""

    def __init__(
        self,
        zone: tzinfo,
        trust: Literal["kernel", "system"] = "kernel",
        *,
        synced: Callable[[], bool] = kernel_is_synced,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        ticks: Callable[[], float] = hardware_ticks,
        boot: str | None = None,
    ) -> None:
        self._zone, self._wall, self._monotonic, self._ticks = zone, wall, monotonic, ticks
        self._boot = boot_id() if boot is None else boot
        self._synced = synced if trust == "kernel" else lambda: True
        self._lock = threading.Lock()
        self._events: deque[ClockEvent] = deque(maxlen=_WAITING)
        self._state: ClockState = "synced" if self._synced() else "unset"
        self._base = wall() - monotonic()
        self._looked = monotonic()
        self._kept = Kept("", 0.0)

    @property
    def zone(self) -> tzinfo:
        return self._zone

    @property
    def state(self) -> ClockState:
        self._look()
        return self._state

    @property
    def trusted(self) -> bool:
        """Whether devices may be judged, and set, by this clock."""
        return self.state != "unset"

    def now(self) -> datetime:
        """Now, with the zone's offset, whatever it is worth."""
        return datetime.fromtimestamp(self._wall(), self._zone)

    def at(self, monotonic: float) -> datetime:
        """The wall time at a reading of `time.monotonic()`, seconds."""
        return self.now() - timedelta(seconds=self._monotonic() - monotonic)

    def text(self) -> str:
        """Now as RFC 3339 with milliseconds and offset, for `recordedtime`."""
        return self.now().isoformat(timespec="milliseconds")

    def check(self) -> list[ClockEvent]:
        """Look again; what changed since the last time."""
        self._look()
        with self._lock:
            events = list(self._events)
            self._events.clear()
        return events

    # Across restarts of the program

    def memory(self) -> str:
        """What `recall` needs after a restart; empty while the clock cannot be trusted. Changes seldom."""
        if not self.trusted or not self._boot:
            return ""
        with self._lock:
            if self._kept.boot == "" or abs(self._kept.base_s - self._base) > STEP_S / 4:
                self._kept = Kept(self._boot, round(self._base, 3))
            return msgspec.json.encode(self._kept).decode()

    def recall(self, memory: str | None) -> None:
        """Go on in holdover where the program stopped while it trusted the clock, if nobody set it since."""
        try:
            kept = msgspec.json.decode(memory or "", type=Kept)
        except (msgspec.DecodeError, UnicodeError):
            return
        with self._lock:
            untouched = kept.boot == self._boot != "" and abs(kept.base_s - self._base) < STEP_S
            if self._state == "unset" and untouched:
                self._state = "holdover"

    # Between two looks at another clock

    def mark(self) -> str:
        """A moment to ask `moved_since` for later."""
        return f"{self._boot} {self._wall() - self._ticks():.3f}"

    def moved_since(self, mark: str) -> float | None:
        """How far this clock was set or slewed since then, seconds, within what a quartz drifts; None: unknown."""
        boot, _, base = mark.partition(" ")
        if not base or not boot or boot != self._boot:
            return None
        return self._wall() - self._ticks() - float(base)

    def _look(self) -> None:
        with self._lock:
            now = self._monotonic()
            if now - self._looked < _LOOK_EVERY_S:
                return
            self._looked = now
            base = self._wall() - now
            step, self._base = base - self._base, base
            self._judge(step, synced=self._synced())

    def _judge(self, step: float, *, synced: bool) -> None:
        before = self._state
        if abs(step) >= STEP_S:
            self._events.append(ClockEvent("clock-stepped", {"step_s": round(step, 1), "synced": synced}))
            if not synced:
                self._state = "unset"
        if synced and before != "synced":
            self._events.append(ClockEvent("clock-synced", {"before": before, "correction_s": round(step, 1)}))
            self._state = "synced"
        elif not synced and before == "synced" and self._state != "unset":
            self._events.append(ClockEvent("clock-lost", {}))
            self._state = "holdover"
