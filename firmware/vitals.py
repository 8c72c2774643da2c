# The watchdog is fed only while every task has shown life lately: a task that hangs brings the restart that heals it.


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
