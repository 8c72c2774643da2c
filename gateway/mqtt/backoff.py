"""How long to wait before the next try: decorrelated jitter, so that 500 gateways do not come back in step.

Source: the decorrelated form, `sleep = min(cap, uniform(base, 3 * previous sleep))`, as mosquitto's bridges use it
(mosquitto.conf(5), `restart_timeout base cap`).
"""

import random


class Backoff:
    """Seconds to wait after each failure; starts again only after `settled()`."""

    def __init__(self, least: float, most: float, rng: random.Random | None = None) -> None:
        self._least, self._most = least, most
        self._rng = random.SystemRandom() if rng is None else rng
        self._last = least

    def next(self) -> float:
        """How long to wait now, seconds."""
        self._last = min(self._most, self._rng.uniform(self._least, 3 * self._last))
        return self._last

    def settled(self) -> None:
        """What was tried held for a good while: the next failure is a new one."""
        self._last = self._least
