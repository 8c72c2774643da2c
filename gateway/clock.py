"""The gateway's own clock: what time it is, and whether that can be believed.

A Raspberry Pi without a battery clock boots with the time of its last shutdown. Three states, as in the contract:

    unset      the kernel has not been synchronised since this program started: the time is a guess
    synced     the kernel says so now (`adjtimex` without STA_UNSYNC)
    holdover   it was synced, and the clock has run on by itself since

Nothing is ordered by wall time; a step is noticed by comparing it with the monotonic clock.
"""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from contract import audit

ClockState = Literal["synced", "holdover", "unset"]

STEP_S = 1.0  # a wall clock that moves this much against the monotonic one was set, not slewed
_STA_UNSYNC = 0x0040  # include/uapi/linux/timex.h


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


def kernel_is_synced() -> bool:
    """Whether the kernel's clock is disciplined by somebody (chrony, systemd-timesyncd, ntpd)."""
    buffer = _Timex()
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.adjtimex(ctypes.byref(buffer)) >= 0 and not buffer.status & _STA_UNSYNC


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something about the own clock that belongs in the log."""

    event: str
    detail: dict[str, object]

    def data(self) -> dict[str, object]:
        return audit.data(self.event, self.detail)


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
    ) -> None:
        self._zone, self._wall, self._monotonic = zone, wall, monotonic
        self._synced = synced if trust == "kernel" else lambda: True
        self._state: ClockState = "synced" if self._synced() else "unset"
        self._offset = wall() - monotonic()

    @property
    def zone(self) -> tzinfo:
        return self._zone

    @property
    def state(self) -> ClockState:
        return self._state

    @property
    def trusted(self) -> bool:
        """Whether devices may be judged, and set, by this clock."""
        return self._state != "unset"

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
        events = []
        offset = self._wall() - self._monotonic()
        step, self._offset = offset - self._offset, offset
        synced, before = self._synced(), self._state
        if abs(step) >= STEP_S:
            events.append(ClockEvent("clock-stepped", {"step_s": round(step, 1), "synced": synced}))
            if not synced:
                self._state = "unset"
        if synced and before != "synced":
            events.append(ClockEvent("clock-synced", {"before": before, "correction_s": round(step, 1)}))
            self._state = "synced"
        elif not synced and before == "synced" and self._state != "unset":
            events.append(ClockEvent("clock-lost", {}))
            self._state = "holdover"
        return events
