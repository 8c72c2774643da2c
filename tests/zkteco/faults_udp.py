"""Faults of datagrams: lost, doubled, overtaken, through back-fill and live punches alike."""

from tests.zkteco.cell import Cell
from tests.zkteco.fault import fault, over_udp


def _off(said: str) -> str:
    """The command that ends a fault."""
    verb, _, rest = said.partition(" ")
    return f"{verb} off requests" if rest.endswith("requests") else f"{verb} off"


def _datagrams(*faults: str) -> None:
    def play(cell: Cell) -> None:
        for one in faults:
            cell.say(one)
        cell.running()
        for _ in range(5):
            cell.punch(4)
            cell.looked(1)
        cell.settled()
        for one in faults:
            cell.say(_off(one))

    fault(f"UDP: {', '.join(faults)}", where=over_udp)(play)


_datagrams("lose 10")
_datagrams("lose 10 requests")
_datagrams("duplicate 40")
_datagrams("reorder 40")
_datagrams("lose 5", "lose 5 requests", "duplicate 20", "reorder 20")
