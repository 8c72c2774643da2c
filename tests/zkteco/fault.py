"""What a fault of the matrix is: how it is played, where it can happen, and what a supervisor must find afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.zkteco.cell import Cell, Times
from tests.zkteco.kinds import KINDS, Kind

Words = Mapping[str, Times]
Where = Callable[[Kind], bool]


def everywhere(kind: Kind) -> bool:
    return True


def over_tcp(kind: Kind) -> bool:
    return kind.transport == "tcp"


def over_udp(kind: Kind) -> bool:
    return kind.transport == "udp"


@dataclass(frozen=True)
class Fault:
    """One row of the matrix."""

    name: str
    play: Callable[[Cell], None]
    """From a gateway that is not attached yet to one that is, with the fault over."""
    words: Callable[[Kind], Words]
    """The audit words that must, or may, be in the log afterwards; every other one is false."""
    where: Where
    silent_after: float

    @property
    def kinds(self) -> list[Kind]:
        """The terminals that can have it."""
        return [kind for kind in KINDS if self.where(kind)]


FAULTS: list[Fault] = []
Play = Callable[[Cell], None]


def fault(
    name: str,
    words: Words | Callable[[Kind], Words] | None = None,
    *,
    where: Where = everywhere,
    silent_after: float = 60.0,
) -> Callable[[Play], Play]:
    """Put a function into the table."""

    def put(play: Play) -> Play:
        said = words if callable(words) else lambda kind: words or {}
        FAULTS.append(Fault(name, play, said, where, silent_after))
        return play

    return put
