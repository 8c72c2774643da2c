# How long the reader lives, and whether all of it does: the watchdog is fed only while every task has shown life
# lately; a task that hangs brings the restart that heals it.

import time


class Vitals:
    # `feed()` feeds the watchdog; `uptime`: milliseconds.
    def __init__(self, uptime, feed):
        self._uptime, self._feed = uptime, feed
        self._tasks = {}  # name -> [limit in milliseconds, last sign of life]

    # A function for the task `name` to call at least every `limit` milliseconds from now on.
    def watch(self, name, limit):
        sign = [limit, self._uptime()]
        self._tasks[name] = sign

        def alive():
            sign[1] = self._uptime()

        return alive

    def overdue(self):
        now = self._uptime()
        return [name for name, (limit, last) in self._tasks.items() if now - last > limit]

    # Feed, unless a task is silent; gives the names of those that are.
    def check(self):
        silent = self.overdue()
        if not silent:
            self._feed()
        return silent


# Milliseconds since the start that never wrap: MicroPython's ticks do, after a few days.
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
