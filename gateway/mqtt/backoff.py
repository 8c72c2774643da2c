"""How long to wait before the next try: decorrelated jitter, so that 500 gateways do not come back in step.

Source: the decorrelated form, `sleep = min(cap, uniform(base, 3 * previous sleep))`, as mosquitto's bridges use it
(mosquitto.conf(5), `restart_timeout base cap`).
"""

import random


class Backoff:
    """All in seconds: between `least` and `most`, anew after a connection that lived `stable_after`."""

    def __init__(self, least: float, most: float, stable_after: float, rng: random.Random | None = None) -> None:
        self._least, self._most, self._stable_after = least, most, stable_after
        self._rng = random.SystemRandom() if rng is None else rng
        self._last = least

    def after(self, lived: float) -> float:
        """How long to wait after a connection that lived so long; 0 for one that was not made."""
        if lived >= self._stable_after:
            self._last = self._least
        self._last = min(self._most, self._rng.uniform(self._least, 3 * self._last))
        return self._last
