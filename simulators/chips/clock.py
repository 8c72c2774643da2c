"""Time for simulated chips: a clock that a test moves, and the real one.

A chip asks `us()` when it is looked at and works out what has happened since. What takes time on a bus calls
`spend`; on the virtual clock that is how time passes while a driver talks without sleeping.
"""

import time

_AHEAD_MS = 3_600_000


class VirtualClock:
    """Time that passes only when somebody sleeps or a bus is busy."""

    def __init__(self, start_us: int = 0) -> None:
        self._now = start_us
        # asyncio's scheduler, in C, stamps a task that is due at once with the real ticks: ours must be ahead of them.
        self._ticks_ms: int = time.ticks_ms() + _AHEAD_MS  # type: ignore[attr-defined]

    def us(self) -> int:
        """Microseconds since an arbitrary moment."""
        return self._now

    def spend(self, us: int) -> None:
        """Let so many microseconds pass."""
        self._now += us

    def ticks_ms(self) -> int:
        """What the firmware sees as `time.ticks_ms()`."""
        return time.ticks_add(self._ticks_ms, self._now // 1000)  # type: ignore[attr-defined,no-any-return]

    def ticks_us(self) -> int:
        """What the firmware sees as `time.ticks_us()`."""
        return time.ticks_add(0, self._now)  # type: ignore[attr-defined,no-any-return]

    def install(self) -> None:
        """Make MicroPython's asyncio live by this clock: a sleep costs no real time.

        Not for use with open sockets: nobody waits for them. A program in which every task waits for something that
        will never come fails with RuntimeError.
        """
        import asyncio

        asyncio.core.ticks = self.ticks_ms  # type: ignore[attr-defined]
        asyncio.core._io_queue = _NoSockets(self)  # type: ignore[attr-defined]


class _NoSockets:
    """Stands in for asyncio's queue of sockets: waiting moves the clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.map: dict[int, object] = {}

    def wait_io_event(self, dt: int) -> None:
        """`dt` milliseconds until the next task is due; negative: no task is waiting for time."""
        if dt < 0:
            raise RuntimeError("every task waits for something that will never happen")
        # To the full millisecond, as a tick would: else a chip's microseconds make the loop ask for 0 ms for ever.
        if dt:
            self._clock.spend(dt * 1000 - self._clock.us() % 1000)

    def remove(self, task: object) -> None:
        """No task ever waits here."""


class RealClock:
    """The machine's own clock, for a simulated reader that people use."""

    def __init__(self) -> None:
        self._last = time.ticks_us()  # type: ignore[attr-defined]
        self._now = 0

    def us(self) -> int:
        """Microseconds since the object was made; must be asked at least once in an hour."""
        ticks = time.ticks_us()  # type: ignore[attr-defined]
        self._now += time.ticks_diff(ticks, self._last)  # type: ignore[attr-defined]
        self._last = ticks
        return self._now

    def spend(self, us: int) -> None:
        """Real time passes by itself."""
