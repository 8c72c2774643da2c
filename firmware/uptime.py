# Milliseconds since the start that never wrap: MicroPython's ticks do, after a few days.

import time


class Uptime:
    def __init__(self, ticks=time.ticks_ms):
        self._ticks = ticks
        self._last = ticks()
        self._sum = 0

    # To be called at least once in five days, as every task does.
    def __call__(self):
        now = self._ticks()
        self._sum += time.ticks_diff(now, self._last)
        self._last = now
        return self._sum
