"""When silence of a device becomes evidence, and what of it has been told. Pure but for the clock's ticks."""

import time

SILENT = "device-silent"
REFUSED = "device-refused"


class Silence:
    """One device's. `after`: seconds of silence that are nobody's business."""

    def __init__(self, after: float) -> None:
        self._after = after
        self._since: float | None = None
        self._told: set[str] = set()

    def goes_on(self, *, refused: bool) -> str | None:
        """It did not answer, or refused us, again. The word to record now: each once until it answers."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        word = REFUSED if refused else SILENT
        if word in self._told or not (refused or now - self._since >= self._after):
            return None
        self._told.add(word)
        return word

    def over(self) -> int | None:
        """It answers. How many seconds it did not, if that was told; None: nobody needs to know."""
        since, told = self._since, self._told
        self._since, self._told = None, set()
        return round(time.monotonic() - since) if told and since is not None else None
