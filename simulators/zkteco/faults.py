"""What can be wrong with a terminal or its line, switched on and off while it runs."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """All off: an honest terminal on a good line."""

    split: int = 0
    """Cut each frame into pieces of so many bytes (the first 32 pieces; the rest leaves whole)."""
    coalesce: int = 0
    """Let so many frames leave in one segment; fewer leave together after `COALESCE_WAIT` seconds."""
    drop_in_transfer: bool = False
    """Cut the connection in the middle of the next bulk data frame; then off again."""
    stalled_until: float = 0.0
    """`time.monotonic()` until which nothing is sent."""
    unacknowledged_limit: int = 0
    """Tell a client nothing more while it owes acknowledgements of so many events; 0: go on for ever."""
    one_connection: bool = False
    """Refuse a second connection while there is one."""


@dataclass(slots=True)
class Counters:
    """What happened since the terminal was built; for tests and `status`."""

    connections: int = 0
    connections_refused: int = 0
    sessions: int = 0
    wrong_keys: int = 0
    unauthorised: int = 0
    bad_checksums: int = 0
    bad_streams: int = 0
    events_sent: int = 0
    events_acknowledged: int = 0
    events_lost: int = 0
    """Not sent because the client did not take, or not acknowledge, those before."""
    restarts: int = 0
    commands: dict[str, int] = field(default_factory=dict)


SPLIT_PIECES = 32
COALESCE_WAIT = 0.2
