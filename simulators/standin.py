"""A stand-in for the centre: takes every log, judges it, sends watermarks; and misbehaves when it is told to.

It holds everything in memory (`simulators.ledger`) and knows no database: for the demo, for training and for tests.
Every public method may be called from any thread.

    with StandIn("127.0.0.1", 1883) as centre:
        report = centre.wait_for(lambda now: now["punches"] == 60, deadline=30)
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from contract import messages, topics
from contract.watermark import build_ack
from simulators.ledger import Books
from simulators.session import Message, Prepare, Protocol, Session

Report = dict[str, Any]

ACK_AFTER = 0.3
"""Seconds after an entry within which its watermark is sent."""
BATCH = 50
"""Entries after which a watermark is sent at once."""
_PATIENCE = 10.0
_TICK = 0.02

_WILL = Message(topics.CENTRAL_STATUS, messages.CENTRAL_WILL)
_HELLO = Message(topics.CENTRAL_STATUS, messages.build_central(messages.ONLINE, writable=True))
_GOODBYE = Message(topics.CENTRAL_STATUS, messages.build_central(messages.OFFLINE, writable=False))


class StandIn:
    """The centre of a demo or a test. `prepare` gets each new paho client, e.g. to set TLS or a password."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        client_id: str = "central-standin",
        protocol: Protocol = "3.1.1",
        ack_after: float = ACK_AFTER,
        batch: int = BATCH,
        prepare: Prepare | None = None,
    ) -> None:
        self._ack_after, self._batch = ack_after, batch
        self._books = Books()
        self._changed = threading.Condition()
        self._due: dict[str, tuple[float, int]] = {}
        self._acks = 0
        self._acking = True
        self._session = Session(
            (host, port), client_id, [topics.ALL_LOGS], protocol=protocol, will=_WILL, prepare=prepare
        )
        self._session.on_ready = self._greet
        self._session.on_message = self._take
        self._session.on_tick = self._send_due

    def start(self, patience: float = _PATIENCE) -> Self:
        """Connect, and again whenever the line breaks. Raises TimeoutError if the first takes over `patience` s."""
        self._session.connect()
        self.wait_for(lambda now: bool(now["connected"]), patience)
        return self

    def stop(self) -> None:
        """Say goodbye (`offline`, retained) and end. May be called twice."""
        self._session.stop(_GOODBYE)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What it knows

    def report(self) -> Report:
        """Plain values: `connected`, `acks` sent, and where each log stands under `logs` by its logid.

        `punches` counts facts, distinct by (source, id); `repeated` those that a log holds under more than one
        sequence (a fault of its gateway), `carried` those that came again in another log (allowed, after a fork);
        `redelivered` messages whose entry was already held (allowed, at least once is MQTT's promise).
        """
        with self._changed:
            return {
                "connected": self._session.connected,
                "refusal": self._session.refusal,
                "acks": self._acks,
                **self._books.report(),
            }

    def wait_for(self, condition: Callable[[Report], bool], deadline: float) -> Report:
        """Block until `condition(report)`; after `deadline` seconds TimeoutError, with the last report."""
        end = time.monotonic() + deadline
        while not condition(report := self.report()):
            if time.monotonic() > end:
                raise TimeoutError(f"the centre did not get there in {deadline} s: {report}")
            with self._changed:
                self._changed.wait(_TICK)
        return report

    def entries(self, logid: str) -> list[bytes]:
        """The exact bytes held of a log, in sequence; empty for one never heard of."""
        with self._changed:
            ledger = self._books.ledgers.get(logid)
            return [] if ledger is None else ledger.entries()

    def facts(self) -> set[tuple[str, str]]:
        """(source, id) of every punch that is held."""
        with self._changed:
            return self._books.facts()

    # What it does on command

    def go_offline(self) -> None:
        """Break the connection without a goodbye: the broker publishes the will. Returns when it is broken."""
        self._session.break_off()
        self.wait_for(lambda now: not now["connected"], _PATIENCE)

    def go_online(self) -> None:
        """Connect again, in the same session. Returns once subscribed."""
        self._session.connect()
        self.wait_for(lambda now: bool(now["connected"]), _PATIENCE)

    def stop_acking(self) -> None:
        """Take entries, but send no watermark."""
        with self._changed:
            self._acking = False

    def resume_acking(self) -> None:
        """Send watermarks again, at once for what came meanwhile."""
        with self._changed:
            self._acking = True
            self._all_due()

    def forget(self, through: int, logid: str | None = None) -> None:
        """Lose what lies above `through` (of one log, or of all) and say so with a watermark that goes back."""
        with self._changed:
            for name in list(self._books.ledgers) if logid is None else [logid]:
                self._books.forget(through, name)
                self._due[name] = (0.0, 0)

    def forge(
        self,
        logid: str,
        *,
        through: int | None = None,
        hash: str | None = None,
        missing: list[list[int]] | None = None,
    ) -> None:
        """Send one watermark that says what is given here instead of the truth. Raises KeyError for unknown logs."""
        with self._changed:
            ledger = self._books.ledgers[logid]
            through = ledger.through if through is None else through
            ack = build_ack(
                logid,
                through,
                ledger.hash_of(through) if hash is None else hash,
                ledger.missing() if missing is None else missing,
            )
        self._session.publish(Message(topics.ack(ledger.site, ledger.gateway), ack))

    # Called by the session's thread

    def _greet(self) -> None:
        self._session.publish(_HELLO)
        with self._changed:
            self._all_due()
            self._changed.notify_all()

    def _take(self, topic: str, payload: bytes) -> None:
        with self._changed:
            logid = self._books.take(topic, payload)
            if logid is not None:
                due, count = self._due.get(logid, (time.monotonic() + self._ack_after, 0))
                self._due[logid] = (due, count + 1)
            self._changed.notify_all()

    def _send_due(self) -> None:
        now = time.monotonic()
        with self._changed:
            if not self._acking:
                return
            for logid, (due, count) in list(self._due.items()):
                if now < due and count < self._batch:
                    continue
                del self._due[logid]
                ledger = self._books.ledgers[logid]
                ack = build_ack(logid, ledger.through, ledger.hash_of(ledger.through), ledger.missing())
                self._session.publish(Message(topics.ack(ledger.site, ledger.gateway), ack))
                self._acks += 1

    def _all_due(self) -> None:
        # The newest log of a gateway comes last, and so its watermark is the one that stays retained.
        self._due = dict.fromkeys(self._books.ledgers, (0.0, 0))
