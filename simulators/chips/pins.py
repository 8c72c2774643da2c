"""Simulated pins as the firmware sees `machine.Pin`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Pin:
    """One line. `on_change` hears every new level that the firmware drives."""

    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, level: int = 1, on_change: "Callable[[int], None] | None" = None) -> None:
        self._level = level
        self._on_change = on_change
        self.handler: Callable[[Pin], None] | None = None
        self.trigger = 0

    def value(self, level: int | None = None) -> int | None:
        """The level, or set it, as machine.Pin.value."""
        if level is None:
            return self._level
        level = 1 if level else 0
        if level != self._level:
            self._level = level
            if self._on_change is not None:
                self._on_change(level)
        return None

    def __call__(self, level: int | None = None) -> int | None:
        return self.value(level)

    def irq(self, handler: "Callable[[Pin], None] | None" = None, trigger: int = 3) -> None:
        """Whom to call at an edge; the simulated source of edges decides when (see `wiegand`)."""
        self.handler = handler
        self.trigger = trigger
