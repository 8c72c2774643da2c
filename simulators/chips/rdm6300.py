"""RDM6300: says the number of a 125 kHz card over and over while the card is there."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.clock import RealClock, VirtualClock
    from simulators.chips.uart import Uart

_AGAIN_US = 65_000


def frame(number: bytes) -> bytes:
    """What the module sends for a card's five bytes (version, then four of the id)."""
    check = 0
    for byte in number:
        check ^= byte
    return b"\x02" + (number + bytes((check,))).hex().upper().encode() + b"\x03"


class Rdm6300:
    """The module: hold a card to it with `put`, take it away with `take`."""

    def __init__(self, clock: "VirtualClock | RealClock", uart: "Uart") -> None:
        self._clock = clock
        self._uart = uart
        self._number: bytes | None = None
        self._next_us = 0
        uart.before_read = self._speak

    def put(self, number: bytes) -> None:
        """A card of five bytes is there."""
        self._speak()
        self._number = number
        self._next_us = max(self._next_us, self._clock.us())

    def take(self) -> None:
        """No card is there; a frame that was begun is still sent."""
        self._speak()
        self._number = None

    def _speak(self) -> None:
        now = self._clock.us()
        while self._number is not None and self._next_us <= now:
            self._uart.send(frame(self._number), self._next_us - now)
            self._next_us += _AGAIN_US
