"""A Wiegand reader's two lines, and how MicroPython on the ESP32 hears their edges.

There an interrupt only queues the handler, at most eight of them, and the interpreter runs them when it comes to it.
While it is blocked (`blocked`), what does not fit the queue is lost for good.
"""

from simulators.chips.pins import Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.clock import VirtualClock

_DEPTH = 8
_CALL_US = 40


def frame(value: int, bits: int) -> str:
    """The bits of a number with its two parities: even over the first half, odd over the second."""
    data = f"{{:0{bits - 2}b}}".format(value)
    half = (bits - 2) // 2
    even = data[:half].count("1") & 1
    odd = 1 - (data[half:].count("1") & 1)
    return f"{even}{data}{odd}"


class WiegandReader:
    """Sends bits on `d0` and `d1`, which the firmware watches."""

    def __init__(self, clock: "VirtualClock") -> None:
        self._clock = clock
        self.d0 = Pin(1)
        self.d1 = Pin(1)
        self.lost = 0

    def send(self, bits: str, gap_us: int = 1500, blocked: tuple[int, int] | None = None) -> None:
        """Send bits, time passing; a blank is the time of a bit without one.

        `blocked` = (from us, to us) since the call: the interpreter hears nothing then.
        """
        begin = self._clock.us()
        queue: list[Pin] = []
        for number, bit in enumerate(bits):
            at = number * gap_us
            self._until(begin + at)
            if bit == " ":
                continue
            line = self.d1 if bit == "1" else self.d0
            if blocked is not None and blocked[0] <= at < blocked[1]:
                if len(queue) < _DEPTH:
                    queue.append(line)
                else:
                    self.lost += 1
                continue
            self._drain(queue)
            self._call(line)
        if blocked is not None:
            self._until(begin + blocked[1])
        self._drain(queue)

    def _drain(self, queue: list[Pin]) -> None:
        while queue:
            self._call(queue[0])
            del queue[0]

    def _until(self, us: int) -> None:
        self._clock.spend(max(0, us - self._clock.us()))

    def _call(self, line: Pin) -> None:
        self._clock.spend(_CALL_US)
        if line.handler is not None:
            line.handler(line)
