# Waits that grow and are never the same twice, so that a hundred readers do not come back in one second.

import os


class Backoff:
    def __init__(self, first_ms=1000, most_ms=120_000, random=os.urandom):
        self._first, self._most, self._random = first_ms, most_ms, random
        self._wait = first_ms

    # The next wait in milliseconds: half to one and a half of what has doubled each time.
    def next(self):
        wait = self._wait
        self._wait = min(2 * wait, self._most)
        return wait // 2 + wait * self._random(1)[0] // 256

    def reset(self):
        self._wait = self._first
