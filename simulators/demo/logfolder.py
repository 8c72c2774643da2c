"""The gateway's log, read from outside while the gateway writes it.

Its format is public so that a technician can read it with any text tool: segments `<data>/log/<epoch>/*.log`, one
line a record, `E <crc32> <length> <entry>` for an entry. The last line may still be in the writing.
"""

from pathlib import Path

from contract.entry import PUNCH, ContractError, kind_of, parse


class LogFolder:
    """Counts what is in the log; each `read` goes on where the last one ended."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._read: dict[Path, int] = {}
        self.entries = 0
        self.highest = 0
        """Sequence of the newest entry."""
        self.logid = ""
        self._punches: set[tuple[object, object]] = set()

    @property
    def punches(self) -> int:
        """Punches in the log, distinct by (source, id)."""
        return len(self._punches)

    def read(self) -> None:
        """Take in what was written since. A log that is not there yet is empty."""
        for path in sorted(self._data.glob("log/*/*.log")):
            self._read_on(path)

    def _read_on(self, path: Path) -> None:
        done = self._read.get(path, 0)
        try:
            with path.open("rb") as file:
                file.seek(done)
                fresh = file.read()
        except FileNotFoundError:  # retention has just deleted it
            return
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read[path] = done + len(whole)
        for line in whole.split(b"\n"):
            tag, _, rest = line.partition(b" ")
            if tag == b"E":
                self._take(rest.split(b" ", 2)[-1])

    def _take(self, raw: bytes) -> None:
        try:
            event = parse(raw)
        except ContractError:  # a damaged line: the gateway sets it aside, and the score will tell
            return
        self.entries += 1
        logid, sequence = str(event["logid"]), int(str(event["sequence"]))
        self.highest = max(self.highest, sequence) if logid == self.logid else sequence
        self.logid = logid
        if kind_of(str(event["type"])) == PUNCH:
            self._punches.add((event["source"], event["id"]))
