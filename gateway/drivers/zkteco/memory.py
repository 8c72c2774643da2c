"""What is remembered of a terminal from one session to the next, as long as the gateway runs.

Every session has a driver of its own (`gateway.device` builds a fresh one each time), so this outlives drivers.
"""

import threading
from dataclasses import replace
from typing import Any

from gateway.drivers.zkteco.names import Names
from gateway.drivers.zkteco.operations import OperationWatch
from gateway.drivers.zkteco.place import Place
from gateway.drivers.zkteco.sizes import Sizes
from gateway.reading import Finding


class Memory:
    """Of one terminal; not for more than one thread."""

    def __init__(self) -> None:
        self.names = Names()
        self.operations = OperationWatch()
        self.layout: str | None = None
        """Layout of its log, as found by the last read."""
        self.full = False
        """Whether its log is full, or was and still has little room: told once."""
        self._sizes: Sizes | None = None
        self._users_reported = False

    @property
    def sizes(self) -> Sizes:
        """The counters of the last look."""
        return self._sizes or Sizes()

    def begin(self, place: Place | None) -> None:
        """Go on from what an earlier process of ours knew, if there was one."""
        self.operations.begin(place.operations if place else None)
        if self._sizes is None:
            self.full = bool(place and place.full)

    def known(self) -> dict[str, Any]:
        """What whoever starts after us goes on from: fields of `Place`."""
        return {"operations": self.operations.seen, "full": self.full}

    def users_changed(self) -> None:
        """A live event told of it: the next difference in the counters is that one."""
        self._users_reported = True
        self.names.doubt()

    def compare(self, serial: str, sizes: Sizes) -> list[Finding]:
        """What the counters tell that they did not the last time."""
        before = self._sizes
        if sizes.records is None and before is not None:
            sizes = replace(sizes, records=before.records)  # what was counted when the log was read
        self._sizes = sizes
        reported, self._users_reported = self._users_reported, False
        findings = []
        if sizes.full and not self.full:
            detail: dict[str, object] = {"records": sizes.records, "capacity": sizes.capacity}
            findings.append(Finding("log-full", serial, detail))
        self.full = sizes.full or (self.full and not sizes.roomy)
        if before and not reported and _people(before) != _people(sizes):
            old, new = _people(before), _people(sizes)
            changed: dict[str, object] = {name: [old[name], new[name]] for name in old if old[name] != new[name]}
            findings.append(Finding("users-changed", serial, changed))
            self.names.doubt()
        return findings


def _people(sizes: Sizes) -> dict[str, int | None]:
    return {"users": sizes.users, "fingers": sizes.fingers, "admins": sizes.admins, "passwords": sizes.passwords}


_memories: dict[tuple[str, str], Memory] = {}
_lock = threading.Lock()


def of(name: str, serial: str) -> Memory:
    """The memory of the terminal `serial` as device `name`; an empty one at first."""
    with _lock:
        return _memories.setdefault((name, serial), Memory())
