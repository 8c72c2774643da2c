"""The reference subscriber: batch, transaction, COMMIT, MQTT acks in order of arrival, then the watermarks.

    broker ─► session ─► inbox ─► batch ─► keeper.take ─► COMMIT ─► session.ack ─► watermarks
                                    └── the database cannot: nothing is acknowledged, the same batch is tried again

Whatever is killed at whatever moment: before the COMMIT the broker sends the batch again, or the gateway does; after
it, it comes again and is ignored. This thread owns the database and decides; paho's thread fills the inbox; the voice
tells everybody whether we can write, also when this thread is stuck in the database.
"""

import logging
import threading
import time
from dataclasses import dataclass

from central.config import Config, Partition
from central.errors import SchemaError, StoreError
from central.ingest.arrival import Arrival
from central.ingest.inbox import Inbox
from central.ingest.keeper import Keeper
from central.ingest.session import Session
from central.ingest.take import Outcome
from central.ingest.voice import Voice
from central.ingest.watermarks import Watermarks
from central.keyring import load
from central.store import open_database
from contract import messages

logger = logging.getLogger(__name__)

_TICK_S = 0.2
_MARKS_A_TURN = 100
_RETRY_S = (0.2, 5.0)
REFRESH_S = 20.0
"""So often the watermarks are held against the database, which an import may have filled meanwhile."""


@dataclass(slots=True)
class Counts:
    """Since the start."""

    entries: int = 0
    duplicates: int = 0
    forks: int = 0
    dead: int = 0
    alarms: int = 0
    batches: int = 0
    watermarks: int = 0


class Ingester:
    """`run` until `stop` is set. Raises ConfigError for keys that cannot be read."""

    def __init__(self, config: Config, partition: Partition | None = None) -> None:
        self._ingest, self._partition = config.ingest, partition or Partition()
        self._inbox = Inbox()
        self.session = Session(config.broker, self._partition, self._inbox)
        ring = load(config.trust.keys, first_contact=config.trust.first_contact)
        database = open_database(config.database.url, slow_s=config.database.slow_s)
        self.keeper = Keeper(database, ring, self._partition)
        self.watermarks = Watermarks(
            self._ingest.watermark_ms / 1000, self._ingest.watermark_entries, self._ingest.repeat_s
        )
        self._voice = Voice(self.session, self.keeper, config.database.slow_s)
        self._pending: list[Arrival] = []
        self._retry_at, self._wait = 0.0, _RETRY_S[0]
        self._refreshed_at = time.monotonic()
        self.counts = Counts()
        self.trouble = "starting"
        """Why the database cannot be written to; empty when it can."""
        self.alive_at = time.monotonic()
        """When this thread last turned round."""

    def run(self, stop: threading.Event) -> None:
        """Take what comes until `stop`; then say goodbye. Raises SchemaError for a database that is not ours."""
        self._voice.start()
        try:
            while not stop.is_set():
                self._turn(stop)
        finally:
            self._voice.stop()
            self.session.close(messages.build_central(messages.OFFLINE, writable=False))
            self.keeper.database.close()

    def _turn(self, stop: threading.Event) -> None:
        self.alive_at = now = time.monotonic()
        if self.session.tend():
            self._voice.greet(self.trouble)
            self.watermarks.all_due(now)
            self._refreshed_at = float("-inf")  # whoever was away may be told of what a stick brought meanwhile
        if self._inbox.overflowed():
            self.session.renew("more messages came at once than can wait")
        if now < self._retry_at:
            stop.wait(min(_TICK_S, self._retry_at - now))
            return
        try:
            self._work()
        except SchemaError:
            raise
        except StoreError as error:
            self._cannot(str(error))
        else:
            self._can()
        for topic, payload in self.watermarks.due(time.monotonic(), _MARKS_A_TURN) if self.session.connected else ():
            self.session.publish(topic, payload)
            self.counts.watermarks += 1

    def _work(self) -> None:
        """One batch, if there is one. Raises StoreError, and the batch stays."""
        logs = self.keeper.ready()
        if logs is not None:
            self.watermarks.note(logs, time.monotonic(), 0)
        if not self._pending:
            if self.trouble:
                self.keeper.probe()
                self._can()
            self._refresh()
            self._pending = self._inbox.batch(self._ingest.batch, self._ingest.linger_ms / 1000, _TICK_S)
        ours = [arrival for arrival in self._pending if self._partition.takes(arrival.topic)]
        outcome = self.keeper.take(ours) if ours else Outcome()
        self.session.ack(self._pending)
        self._pending = []
        self._count(outcome)
        self.watermarks.note(outcome.logs, time.monotonic(), outcome.entries)

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._refreshed_at >= REFRESH_S:
            self._refreshed_at = now
            self.watermarks.refresh(self.keeper.current(), now)

    def _count(self, outcome: Outcome) -> None:
        counts = self.counts
        counts.batches += bool(outcome.entries)
        counts.entries += outcome.entries
        counts.duplicates += outcome.duplicates
        counts.forks += outcome.forks
        counts.dead += outcome.dead
        counts.alarms += len(outcome.alarms)
        for alarm in outcome.alarms:
            logger.warning("ALARM %s: %s", alarm.kind, alarm.text)

    def _can(self) -> None:
        if self.trouble:
            logger.info("%s: ready", self.keeper.database.name)
            self.trouble, self._wait = "", _RETRY_S[0]
        self._voice.say("")

    def _cannot(self, why: str) -> None:
        if why != self.trouble:
            logger.error("%s; nothing is acknowledged, trying again", why)
        self.trouble = why
        self._retry_at = time.monotonic() + self._wait
        self._wait = min(2 * self._wait, _RETRY_S[1])
        self._voice.say(why)
