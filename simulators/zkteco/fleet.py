"""Many terminals in one process, for load: one thread serves them all."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from types import TracebackType
from typing import Literal, Self

from simulators.zkteco.descriptors import make_room
from simulators.zkteco.loop_thread import LoopThread
from simulators.zkteco.profile import Profile
from simulators.zkteco.server import TerminalServer

Spread = Literal["ports", "addresses"]
SPREADS: tuple[Spread, ...] = ("ports", "addresses")


def places(count: int, host: str, port: int, spread: Spread) -> list[tuple[str, int]]:
    """Where so many terminals stand: on ports that follow one another (0: any free ones), or on addresses that do."""
    if spread == "ports":
        return [(host, port + number if port else 0) for number in range(count)]
    return [(str(IPv4Address(host) + number), port) for number in range(count)]


def serials(count: int, first: str) -> list[str]:
    """Serial numbers that count up from the digits at the end of the first."""
    stem = first.rstrip("0123456789")
    digits = first[len(stem) :]
    if not digits:
        return [first] if count == 1 else [f"{first}{number + 1}" for number in range(count)]
    return [f"{stem}{int(digits) + number:0{len(digits)}}" for number in range(count)]


class TerminalFleet(Sequence[TerminalServer]):
    """So many terminals alike, each with an address, a serial number and people of its own. Raises OSError.

    with TerminalFleet(500, "tft-tcp", users=20) as fleet:
        fleet[3].punch("1001")
    """

    def __init__(
        self,
        count: int,
        profile: Profile | str = "tft-tcp",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        spread: Spread = "ports",
        serial: str = "OKI2024000001",
        users: int = 10,
        records: int = 0,
        seed: int = 0,
        pause: float | None = None,
    ) -> None:
        make_room(count)
        self._loop = LoopThread("terminals")
        where = places(count, host, port, spread)
        self._terminals = [
            TerminalServer(
                profile,
                host=address,
                port=at,
                serial=number,
                users=users,
                records=records,
                seed=seed + place,
                pause=pause,
                loop=self._loop,
            )
            for place, ((address, at), number) in enumerate(zip(where, serials(count, serial), strict=True))
        ]

    def __len__(self) -> int:
        return len(self._terminals)

    def __getitem__(self, place: int) -> TerminalServer:  # type: ignore[override]  # nobody slices a fleet
        return self._terminals[place]

    def __iter__(self) -> Iterator[TerminalServer]:
        return iter(self._terminals)

    def __enter__(self) -> Self:
        for terminal in self._terminals:
            terminal.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for terminal in self._terminals:
            terminal.stop()
        self._loop.close()
