# What all readers have in common: when to look after the chip, and how hard to hit it.
#
# A chip can lose its registers to a supply dip and still answer politely, for months. So every `check_ms` it is asked
# whether it is still as it was set up, and at once when it behaved oddly (`doubt`). If it is not, or was odd again at
# the very next look: soft reset; if that does not help, or did not last until the next check: hard reset, by its pin;
# if that does not help: reader-dead, and again with growing pauses until it does.
#
# A subclass gives `_read` (one look), `_healthy` (does it answer, as it was set up; says why not in `why`), `_soft`
# and `_hard` (reset and set up again). Each may raise OSError.

import time

from micropython import const

from firmware.readers.tap import Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from firmware.readers.buses import Ticks
    from firmware.readers.tap import Tap

_LONGEST_PAUSE_MS = const(60_000)


class Reader:
    PAUSE_MS = 60

    def __init__(self, ticks_ms: "Ticks", check_ms: int) -> None:
        self.counters = {"taps": 0, "misreads": 0, "checks": 0, "soft-resets": 0, "hard-resets": 0, "dead": 0}
        self.alive = False
        self.why = ""
        self._ticks_ms = ticks_ms
        self._check_ms = check_ms
        self._pause = 0
        self._looked = ticks_ms()
        self._told = False
        self._sick = 0
        self._doubted = False
        self._doubts = 0

    async def start(self) -> None:
        self.alive = await self._attempt(self._hard)
        self._settle()

    async def poll(self) -> "list[Tap | Trouble]":
        out: list[Tap | Trouble] = []
        if self._doubted or time.ticks_diff(self._ticks_ms(), self._looked) >= self._pause:
            await self.heal(out)
        if self.alive:
            try:
                await self._read(out)
            except OSError as error:
                self.doubt(str(error))
            if not self._doubted:
                self._doubts = 0
        return out

    # The chip behaved as a healthy one never does: look at it before the next card.
    def doubt(self, why: str) -> None:
        self.why = why
        self._doubted = True
        self._doubts += 1

    async def heal(self, out: "list[Tap | Trouble]") -> None:
        self.counters["checks"] += 1
        if self.alive and self._doubts < 2 and await self._attempt(None):
            if not self._doubted:
                self._sick = 0
        else:
            await self._escalate(out)
        self._settle()

    async def _escalate(self, out: "list[Tap | Trouble]") -> None:
        why = self.why
        self._sick += 1
        cured = False
        if self._sick == 1:
            self.counters["soft-resets"] += 1
            cured = await self._attempt(self._soft)
        if not cured:
            self.counters["hard-resets"] += 1
            cured = await self._attempt(self._hard)
        if cured:
            out.append(Trouble("reader-back" if self._told else "reader-reset", why))
        elif not self._told:
            self.counters["dead"] += 1
            out.append(Trouble("reader-dead", self.why))
        self._doubts = 0
        self._told = not cured
        self.alive = cured

    async def _attempt(self, reset: "Callable[[], Awaitable[None]] | None") -> bool:
        for _ in range(2):  # one bad byte on the line is not worth a reset
            try:
                if reset is not None:
                    await reset()
                    reset = None
                if await self._healthy():
                    return True
            except OSError as error:
                self.why = str(error)
        return False

    def _settle(self) -> None:
        self._doubted = False
        self._looked = self._ticks_ms()
        if self.alive:
            self._pause = self._check_ms
        elif not self._told:
            self._pause = 0
        else:
            self._pause = min(max(2 * self._pause, self._check_ms), _LONGEST_PAUSE_MS)

    def _misread(self) -> None:
        self.counters["misreads"] += 1

    async def _read(self, out: "list[Tap | Trouble]") -> None:
        raise NotImplementedError

    async def _healthy(self) -> bool:
        return True

    async def _soft(self) -> None:
        pass

    async def _hard(self) -> None:
        pass
