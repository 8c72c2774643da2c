"""What the centre says of itself on `ketuk/v1/central/status`: whether it can write, and why not.

The ingester says so when it knows. A database that neither answers nor fails keeps the ingester waiting: then a thread
of this module says it instead.
"""

import threading
import time
from importlib.metadata import version

from central.ingest.keeper import Keeper
from central.ingest.session import Session
from contract import messages, topics

_LOOK_S = 0.5
_REASON = 200


class Voice:
    """`slow_s`: seconds after which a transaction that is under way counts as a database that cannot."""

    def __init__(self, session: Session, keeper: Keeper, slow_s: float) -> None:
        self._session, self._keeper, self._slow_s = session, keeper, slow_s
        self._lock = threading.Lock()
        self._said: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="voice", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()
        self._thread.join()

    def say(self, trouble: str) -> None:
        """That we cannot write because of `trouble`, or can when it is empty; only when that is news."""
        with self._lock:
            if trouble != self._said and self._session.connected:
                self._said = trouble
                more: dict[str, object] = {"version": version("ketuk")}
                if trouble:
                    more["reason"] = trouble[:_REASON]
                status = messages.build_central(messages.ONLINE, writable=not trouble, extra=more)
                self._session.publish(topics.CENTRAL_STATUS, status)

    def greet(self, trouble: str) -> None:
        """The same after a new connection, news or not: our will may have spoken meanwhile."""
        with self._lock:
            self._said = None
        self.say(trouble)

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_S):
            since = self._keeper.busy_since
            if since is not None and time.monotonic() - since > self._slow_s:
                self.say(f"{self._keeper.database.name}: has not answered for {self._slow_s:g} s")
