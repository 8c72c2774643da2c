"""How everything stands at one moment, as plain values: what the picture is drawn from."""

from dataclasses import dataclass, field

from central.listen.arrival import Arrival
from simulators.demo.story import Words


@dataclass(frozen=True, slots=True)
class TerminalScene:
    """One terminal or reader."""

    name: str
    punches: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence of the story and when it was told, `HH:MM:SS`."""

    at: str
    words: Words


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment. All counts are punches."""

    elapsed: float = 0.0
    """Seconds since people began to punch."""
    terminals: tuple[TerminalScene, ...] = ()
    gateway: str = "starting"
    """starting, then what its status says: online, lost or offline"""
    recorded: int = 0
    """In the gateway's log and the reader's."""
    line_up: bool = True
    cut_seconds: float = 0.0
    """How long the line has been cut so far, all in all."""
    arrived: int = 0
    """Distinct at the broker."""
    confirmed: int = 0
    """Covered by its watermark."""
    peak: int = 0
    """Most that waited at one time."""
    history: tuple[int, ...] = ()
    """How many waited, in even steps, the newest last."""
    story: tuple[Told, ...] = ()
    rows: tuple[Arrival, ...] = field(default=())

    @property
    def punched(self) -> int:
        """At all doors."""
        return sum(terminal.punches for terminal in self.terminals)

    @property
    def waiting(self) -> int:
        """Recorded, but not confirmed."""
        return max(0, self.recorded - self.confirmed)
