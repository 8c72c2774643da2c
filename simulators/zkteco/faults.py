"""What can be wrong with a terminal or its line, switched on and off while it runs."""

from dataclasses import dataclass, field

SPLIT_PIECES = 32
COALESCE_WAIT = 0.2
REORDER_WAIT = 0.05


@dataclass(slots=True)
class Faults:
    """All off: an honest terminal on a good line. Times in seconds, chances from 0 to 1."""

    # the line
    split: int = 0
    """TCP: cut each frame into pieces of so many bytes (the first 32 pieces; the rest leaves whole)."""
    coalesce: int = 0
    """TCP: let so many frames leave in one segment; fewer leave together after `COALESCE_WAIT` seconds."""
    drop_in_transfer: bool = False
    """Cut the connection (UDP: send no more) in the middle of the next bulk data frame; then off again."""
    stalled_until: float = 0.0
    """`time.monotonic()` until which nothing is sent."""
    slow: float = 0.0
    """Wait so long before each answer and each event."""
    corrupt: int = 0
    """Send the next so many packets with a wrong checksum."""
    lose: float = 0.0
    """UDP: chance that a datagram to the client is lost."""
    lose_requests: float = 0.0
    """UDP: chance that a datagram from the client is lost."""
    duplicate: float = 0.0
    """UDP: chance that a datagram is sent twice."""
    reorder: float = 0.0
    """UDP: chance that a datagram is overtaken by the next one."""
    one_connection: bool = False
    """Refuse a second connection while there is one."""

    # the terminal
    interleave: bool = False
    """Send events between the frames of a bulk answer instead of after it."""
    count_lie: int = 0
    """Added to the number of records that the sizes tell."""
    punches_after_sizes: int = 0
    """So many people punch right after the next answer to GET_FREE_SIZES; then off again."""
    punches_after_prepare: int = 0
    """So many people punch right after the next set was prepared for reading; then off again."""
    ignore_disable: bool = False
    """Acknowledge DISABLEDEVICE and let people punch all the same (pyzk issues 243 and 263)."""
    unacknowledged_limit: int = 0
    """Tell a client nothing more while it owes acknowledgements of so many events; 0: go on for ever."""


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
    datagrams_lost: int = 0
    """Thrown away by the faults of the line, or because a client sent more than the terminal could take."""
    punches_refused: int = 0
    restarts: int = 0
    commands: dict[str, int] = field(default_factory=dict)
