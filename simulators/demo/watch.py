"""What anybody may see at the broker: the entries, the watermarks, and what gateway and centre say of themselves."""

import bisect
import dataclasses
import threading
from collections import deque

from central.listen.arrival import Arrival, read
from central.listen.marks import Marker
from contract import messages, topics
from contract.entry import PUNCH, ContractError
from contract.watermark import parse_ack
from simulators.demo.gateway import NAME
from simulators.session import Session

ROWS = 60


class Watch:
    """A subscriber to everything, at the broker itself: a cut line does not blind it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._lock = threading.Lock()
        self._marker = Marker()
        self._rows: deque[Arrival] = deque(maxlen=ROWS)
        self._punches: dict[str, list[int]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._through: dict[str, int] = {}
        self._status: dict[str, str] = {}
        self._health: dict[str, object] = {}
        self._session = Session(address, "ketuk-demo-watch", [f"{topics.ROOT}/#"])
        self._session.on_message = self._take

    def start(self) -> None:
        """Connect; `connected` tells when it is done."""
        self._session.connect()

    def stop(self) -> None:
        """Disconnect."""
        self._session.stop()

    @property
    def connected(self) -> bool:
        """Whether it sees anything."""
        return self._session.connected

    def status(self, name: str) -> str:
        """What a gateway or reader is: `online`, `lost`, `offline`, or empty before the first word."""
        with self._lock:
            return self._status.get(name, "")

    @property
    def health(self) -> dict[str, object]:
        """The gateway's newest health message; empty before the first."""
        with self._lock:
            return self._health

    @property
    def arrived(self) -> int:
        """Distinct punches that came to the broker."""
        with self._lock:
            return len(self._seen)

    @property
    def confirmed(self) -> int:
        """Punches that came and that a watermark covers."""
        with self._lock:
            return sum(
                bisect.bisect_right(sequences, self._through.get(logid, 0))
                for logid, sequences in self._punches.items()
            )

    def rows(self) -> tuple[Arrival, ...]:
        """The newest entries, punches only, the newest last."""
        with self._lock:
            return tuple(self._rows)

    def _take(self, topic: str, payload: bytes) -> None:
        with self._lock:
            if "/log/" in topic:
                self._take_entry(read(topic, payload))
                return
            try:
                self._take_word(topic, payload)
            except ContractError:
                return  # what the contract does not know is nobody's news

    def _take_entry(self, arrival: Arrival) -> None:
        if arrival.error or arrival.kind != PUNCH:
            return
        event = arrival.event
        self._rows.append(dataclasses.replace(arrival, marks=self._marker.marks(event)))
        fact = (str(event["source"]), str(event["id"]))
        if fact not in self._seen:
            self._seen.add(fact)
            bisect.insort(self._punches.setdefault(str(event["logid"]), []), int(str(event["sequence"])))

    def _take_word(self, topic: str, payload: bytes) -> None:
        _, name, rest = topics.split(topic) or ("", "", "")
        if rest == "ack":
            logid, through, _, _ = parse_ack(payload)
            self._through[logid] = through
        elif rest == "status":
            self._status[name] = str(messages.parse_status(payload)["state"])
        elif rest == "health" and name == NAME:
            self._health = messages.parse_health(payload)
