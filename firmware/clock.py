# The time, and how far it may be trusted.
#
# synced: set by the network, the gateway or a battery clock that never stopped; holdover: it was, and the crystal of
# the ESP32 (7 to 160 ppm) has run alone since; unset: nobody knows. Unset it still moves, from a bound that is surely
# past, so that certificates can be checked and `recordedtime` never goes back; but it then gives a tap no time.

import asyncio
import os

from micropython import const

from firmware.timetext import LATEST, text
from firmware.unload import unload
from firmware.version import BUILT

_SYNC_MS = const(3_600_000)
_RETRY_MS = const(64_000)

SYNCED, HOLDOVER, UNSET = "synced", "holdover", "unset"
_TRUSTED_MS = const(6 * 3600 * 1000)  # alone, the worst crystal is 3.5 s off after that


class Clock:
    # `uptime`: milliseconds since the start. `built`: Unix time of this firmware; nothing before it can be true.
    # `offset`: minutes east. `system(unix, known)`: sets the port's own clock (for TLS), and remembers across a restart
    # without loss of power whether that is known or a bound.
    def __init__(self, uptime, built, offset, system):
        self._uptime, self.built, self.offset, self._system = uptime, built, offset, system
        self._base, self._since = built, uptime()
        self._known = False
        self._steady = False  # a battery clock keeps it right
        self._set_at = 0
        self.source = ""

    @property
    def state(self):
        if not self._known:
            return UNSET
        return SYNCED if self._steady or self._uptime() - self._set_at < _TRUSTED_MS else HOLDOVER

    # Unix seconds; while unset, a time that is surely past.
    def now(self):
        return self._base + (self._uptime() - self._since) // 1000

    def text(self):
        return text(self.now(), self.offset)

    # "07.28", as a person reads it; None while unset.
    def short(self):
        return text(self.now(), self.offset)[11:16].replace(":", ".") if self._known else None

    # Whether a time can be true at all.
    def plausible(self, unix):
        return self.built <= unix < LATEST

    # A time that is surely past: an unset clock does not lag behind it.
    def floor(self, unix):
        if not self._known and self.plausible(unix) and unix > self.now():
            self._move(unix)

    # Take the time from `source` ("rtc", "ntp", "command", "kept"). Gives the step in seconds, None when it was unset.
    def set(self, unix, source, steady=False, holdover=False):
        step = unix - self.now() if self._known else None
        self._known, self.source = True, source
        self._move(unix)
        self._steady = steady
        self._set_at = self._uptime() - (_TRUSTED_MS if holdover else 0)
        return step

    def _move(self, unix):
        self._base, self._since = unix, self._uptime()
        self._system(unix, self._known)


# Keeps it right: from the network every hour, from the battery clock when nothing better is known.
class Timekeeper:
    # `parts`: clock, rtc, board, wifi, uptime, settings, recorder. `note(event, detail, quiet)`: for evidence.
    def __init__(self, parts, note) -> None:
        self.clock, self.rtc, self.board, self.wifi = parts.clock, parts.rtc, parts.board, parts.wifi
        self.uptime, self.recorder, self.note = parts.uptime, parts.recorder, note
        self._host, self._port = parts.settings["ntp.host"], parts.settings["ntp.port"]
        self.counters = {"ntp-failed": 0}
        self.last_error = ""

    async def run(self, alive) -> None:
        due = 0
        while True:
            alive()
            if self.uptime() >= due:
                self.read_rtc()
                due = self.uptime() + (_SYNC_MS if await self._ask_network() else _RETRY_MS)
            await asyncio.sleep_ms(1000)

    # Take the time from `source` and leave evidence of what that changed.
    def take(self, unix: int, source: str, steady: bool = False) -> None:
        step = self.clock.set(unix, source, steady or self._set_rtc(unix))
        detail = {"source": source, "time": self.clock.text()}
        detail.update(self.recorder.moment())
        if step is None:
            self.note("clock-synced", detail)
        elif abs(step) > 2:
            detail["step_s"] = step
            self.note("clock-stepped", detail)

    # The battery clock is asked when nothing better is known, and when the crystal has run alone for long.
    def read_rtc(self) -> None:
        clock = self.clock
        if self.rtc is None or (clock.state == "synced" and clock.source != "rtc"):
            return
        from firmware.ds3231 import DS3231

        unix, why = DS3231(self.rtc).read(BUILT)
        unload("firmware.ds3231")
        if unix is not None:
            self.take(unix, "rtc", True)
        elif clock.state == "unset":
            self.note("clock-lost", {"why": "battery clock: " + why}, True)

    # Whether there is a battery clock that now keeps this time.
    def _set_rtc(self, unix: int) -> bool:
        if self.rtc is None:
            return False
        from firmware.ds3231 import DS3231

        try:
            DS3231(self.rtc).write(unix)
        except OSError:
            return False
        finally:
            unload("firmware.ds3231")
        return True

    async def _ask_network(self) -> bool:
        if not self._host:
            return True
        if not self.wifi.up:
            return False
        from firmware.sntp import ask

        try:
            unix = await ask(self._exchange, self.uptime, self.clock.plausible, os.urandom)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            self.counters["ntp-failed"] += 1
            self.last_error = "ntp: " + str(error)
            return False
        finally:
            unload("firmware.sntp")
        self.take(unix, "ntp")
        return True

    async def _exchange(self, packet: bytes) -> bytes:
        return await self.board.exchange(self._host, self._port, packet)
