"""A serial line between the firmware and a simulated module, byte by byte in time."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.chips.clock import RealClock, VirtualClock


class Uart:
    """The firmware's end, as machine.UART: `read` gives None when there is nothing.

    The module's end: `on_write` hears what the firmware sends, once it is through; `send` answers. A byte takes ten
    bit times. What does not fit the receive buffer is lost, as it is in the ESP32 (256 bytes unless set), and
    counted in `overrun`. `mangle` may change, drop or add bytes on their way to the firmware.
    `before_read` is run before the firmware looks, for modules that work out late what they have said by now.
    """

    def __init__(self, clock: "VirtualClock | RealClock", baud: int, rxbuf: int = 256) -> None:
        self._clock = clock
        self._byte_us = 10_000_000 // baud
        self._rxbuf = rxbuf
        self._coming: list[tuple[int, int]] = []
        self._free_at = 0
        self._here = bytearray()
        self.overrun = 0
        self.on_write: Callable[[bytes], None] | None = None
        self.mangle: Callable[[bytes], bytes] | None = None
        self.before_read: Callable[[], None] | None = None

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Send to the module; takes as long as the bytes need."""
        self._clock.spend(len(data) * self._byte_us)
        if self.on_write is not None:
            self.on_write(bytes(data))
        return len(data)

    def any(self) -> int:
        """How many bytes can be read at once."""
        self._arrive()
        return len(self._here)

    def read(self, n: int | None = None) -> bytes | None:
        """Up to n bytes, all of them when n is not given; None when there are none."""
        self._arrive()
        if not self._here:
            return None
        n = len(self._here) if n is None else n
        out = bytes(self._here[:n])
        self._here = self._here[n:]
        return out

    def send(self, data: bytes, after_us: int = 0) -> None:
        """The module sends, beginning `after_us` from now or after what it is still sending."""
        if self.mangle is not None:
            data = self.mangle(data)
        at = max(self._clock.us() + after_us, self._free_at)
        for byte in data:
            at += self._byte_us
            self._coming.append((at, byte))
        self._free_at = at

    def silence(self) -> None:
        """The module lost power: what it had not sent yet is gone."""
        self._arrive()
        self._coming = []
        self._free_at = 0

    def _arrive(self) -> None:
        if self.before_read is not None:
            self.before_read()
        now = self._clock.us()
        done = 0
        for at, byte in self._coming:
            if at > now:
                break
            done += 1
            if len(self._here) < self._rxbuf:
                self._here.append(byte)
            else:
                self.overrun += 1
        if done:
            self._coming = self._coming[done:]
