# The time, and how far it may be trusted.
#
# synced: set by the network, the gateway or a battery clock that never stopped; holdover: it was, and the crystal of
# the ESP32 (7 to 160 ppm) has run alone since; unset: nobody knows. Unset it still moves, from a bound that is surely
# past, so that certificates can be checked and `recordedtime` never goes back; but it then gives a tap no time.

from firmware.timetext import LATEST, text

SYNCED, HOLDOVER, UNSET = "synced", "holdover", "unset"
TRUSTED_MS = 6 * 3600 * 1000  # alone, the worst crystal is 3.5 s off after that


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
        return SYNCED if self._steady or self._uptime() - self._set_at < TRUSTED_MS else HOLDOVER

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
        self._set_at = self._uptime() - (TRUSTED_MS if holdover else 0)
        return step

    def _move(self, unix):
        self._base, self._since = unix, self._uptime()
        self._system(unix, self._known)
