"""When everything that the centre has not confirmed is sent again although it did not ask. Pure.

A broker that lost everything leaves the centre ignorant of what it missed: it sees no gap, so it names none. The sign
is a watermark that stands still although the centre is there and can write. Each try that changes nothing doubles the
wait, so a centre that never confirms cannot make a site flood its line.
"""

LONGEST = 3600.0


class Standstill:
    """`resend_after` is the first wait, seconds."""

    def __init__(self, resend_after: float) -> None:
        self._first = self._wait = resend_after
        self._confirmed = -1
        self._since: float | None = None

    def due(self, now: float, *, writable: bool, drained: bool, published: int, confirmed: int) -> bool:
        """Whether to send again now. `drained`: nothing waits for its turn; until then the centre, or the line, is
        simply not through yet."""
        if confirmed != self._confirmed:
            self._confirmed, self._wait, self._since = confirmed, self._first, None
        if not (writable and drained and published > confirmed):
            self._since = None
        elif self._since is None:
            self._since = now
        elif now - self._since >= self._wait:
            self._since = None
            self._wait = min(2 * self._wait, max(LONGEST, self._first))
            return True
        return False
