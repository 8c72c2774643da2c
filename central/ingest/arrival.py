"""What came from outside and is to be taken: a message of a broker, or a line of an export that was carried here."""

from typing import NamedTuple


class Arrival(NamedTuple):
    """One message."""

    topic: str
    payload: bytes
    retained: bool = False
    """Whether the broker had kept it: then it says how things were, and is no sign of life."""
    mid: int = 0
    """By which it is acknowledged; 0: nobody waits for that."""
    connection: int = 0
    """On which connection it came; on another one its `mid` means something else."""
