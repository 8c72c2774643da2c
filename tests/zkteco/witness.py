"""What really happened at a terminal, whatever became of its log since."""

from collections import Counter

from simulators.zkteco import Punch, TerminalServer, clock
from simulators.zkteco.log import PunchLog

Fact = tuple[str, str, str]
"""(source, person, the terminal's own time): a punch as the gateway's log must tell it."""


class Witness(PunchLog):
    """A terminal's log that also remembers what it does not hold any more."""

    def __init__(self, log: PunchLog) -> None:
        super().__init__(log.capacity, log.when_full, log.block)
        self.ever: list[Punch] = []
        for punch in log:
            self.append(punch)

    @classmethod
    def of(cls, terminal: TerminalServer) -> "Witness":
        """Put one into a terminal that is not started yet."""
        witness = terminal.terminal.log = cls(terminal.terminal.log)
        return witness

    def append(self, punch: Punch) -> None:
        super().append(punch)
        self.ever.append(punch)

    def delete(self, first: int, last: int) -> None:
        """Records `first`..`last`-1 are deleted by hand ("delete by range", SpeedFace manual p.100)."""
        kept = list(self._punches)
        del kept[first:last]
        self._punches.clear()
        self._punches.extend(kept)

    def facts(self, source: str) -> Counter[Fact]:
        """Every punch there ever was, as often as it happened."""
        return Counter((source, punch.user_id, clock.text(punch.stamp)) for punch in self.ever)
