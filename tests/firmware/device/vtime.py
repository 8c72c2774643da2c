# Virtual time for a whole program: a sleep costs nothing. For at most four days between two calls of `start`.
#
# asyncio's queue of tasks is written in C and stamps "now" with the machine's own ticks, so virtual ticks are kept a
# day and a half ahead of those: what is stamped so is due at once.

import asyncio
import time

_AHEAD = 1 << 27


class VirtualTime:
    def __init__(self, now=0):
        self.ms = now  # since the beginning of the world
        self.look = None  # is called whenever a task gives way; what it raises ends the program
        self.start()

    # A new loop begins (power came back).
    def start(self):
        asyncio.new_event_loop()
        self._began = self.ms
        self._base = time.ticks_add(time.ticks_ms(), _AHEAD)
        asyncio.core.ticks = self.ticks_ms
        asyncio.core._io_queue = self

    def ticks_ms(self):
        return time.ticks_add(self._base, self.ms - self._began)

    # What asyncio asks of its queue of sockets.
    def wait_io_event(self, dt):
        if self.look is not None:
            self.look()
        if dt < 0:
            raise RuntimeError("every task waits for something that will never happen")
        self.ms += dt

    def remove(self, task):
        pass
