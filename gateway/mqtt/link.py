"""One connection's life: birth, subscriptions, the centre's last watermark; then entries out and answers in.

New entries wait until the watermark that the centre left on the broker was looked at, or for a moment if there is
none: a log that was restored from an older copy is noticed before it says two different things under one name.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contract import messages, topics, watermark
from contract.entry import ContractError
from gateway.entries import Marks, Outbox
from gateway.errors import LinkError, LogError
from gateway.mqtt import reasons, status
from gateway.mqtt.commands import Commands
from gateway.mqtt.inbox import Acknowledged, Arrived, Closed, Event, Inbox, Subscribed
from gateway.mqtt.publisher import Publisher
from gateway.mqtt.session import Session
from gateway.mqtt.settings import BrokerSettings
from gateway.mqtt.standstill import Standstill
from gateway.mqtt.state import Central, Counters

logger = logging.getLogger(__name__)


class HungUp(LinkError):
    """The other side ended the connection."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives a connection."""

    settings: BrokerSettings
    site: str
    gateway: str
    version: str
    birth: Callable[[], Mapping[str, object]]
    outbox: Outbox
    inbox: Inbox
    publisher: Publisher
    standstill: Standstill
    commands: Commands
    counters: Counters
    health: Callable[[], dict[str, object] | None]
    health_wanted: threading.Event
    on_fork: Callable[[Marks], None]


class Link:
    """`up` is called once the connection stands."""

    def __init__(self, parts: Parts, session: Session, up: Callable[[], None]) -> None:
        self._p, self._session, self._up = parts, session, up
        settings, where = parts.settings, (parts.site, parts.gateway)
        self._ack, self._status, self._health = topics.ack(*where), topics.status(*where), topics.health(*where)
        self._commands = topics.command(*where, "")
        self._filters: list[str] = []
        self._tick = min(1.0, settings.ack_timeout / 3, settings.resend_gap / 3, settings.resend_after / 3)
        self._next_tick = self._next_health = float("-inf")
        self._entries_from = float("inf")
        self._subscribed_by = float("inf")
        self._unread: bytes | None = None
        self.central: Central = "unknown"
        self.warning: str | None = None

    def live(self, stopping: Callable[[], bool], *, take_commands: bool) -> None:
        """From connecting until `stopping`. Raises LinkError when it ends before."""
        limits = self._session.open(stopping)
        self._p.counters.connects += 1
        self._up()
        self._p.publisher.begin(self._session.publish, limits.receive_maximum, limits.packet)
        self._born()
        self._filters = [self._ack, topics.CENTRAL_STATUS] + ([self._commands + "+"] if take_commands else [])
        self._session.subscribe(self._filters)
        self._subscribed_by = time.monotonic() + self._p.settings.ack_timeout
        while not stopping():
            self._turn(entries=True)

    def farewell(self, seconds: float) -> None:
        """Say that we go, after what was recorded to the last went out and was answered; at most `seconds`. Of a long
        backlog as much goes out as there are places, the rest waits for the next start."""
        deadline = time.monotonic() + seconds
        window = self._p.publisher.window
        self._turn(entries=True, patience=0)
        self._p.publisher.posts.add(self._status, messages.CLEAN_STOP, retain=True)
        self._turn(entries=False, patience=0)
        while window.flying and time.monotonic() < deadline:
            self._turn(entries=False, patience=0.05)

    def _turn(self, *, entries: bool, patience: float = 1.0) -> None:
        now = time.monotonic()
        for event in self._session.events(min(patience, self._wait(now))):
            self._handle(event)
        now = time.monotonic()
        for reply in self._p.commands.replies():
            self._p.publisher.posts.add(topics.reply(self._p.site, self._p.gateway, reply.verb), reply.payload)
        if now >= self._next_tick:
            self._next_tick = now + self._tick
            self._look(now)
        if self._p.health_wanted.is_set():
            self._p.health_wanted.clear()
            self._say_health(now)
        self._p.publisher.report()
        self._p.publisher.pump(now, entries=entries and now >= self._entries_from)

    def _wait(self, now: float) -> float:
        return min(at for at in (self._next_tick, self._entries_from) if at > now or at == self._next_tick) - now

    # What happens

    def _handle(self, event: Event) -> None:
        match event:
            case Acknowledged(mid, reason):
                self._p.publisher.acknowledged(mid, reason, time.monotonic())
            case Arrived():
                self._arrived(event)
            case Subscribed(codes):
                self._subscribed(codes)
            case Closed(line, by_peer):
                raise HungUp(line) if by_peer else LinkError(line)

    def _subscribed(self, codes: tuple[int, ...]) -> None:
        self._subscribed_by = float("inf")
        self._entries_from = min(self._entries_from, time.monotonic() + self._p.settings.retained_wait)
        for topic, code in zip(self._filters, codes, strict=False):
            if code >= reasons.FAILURE:
                why = reasons.of_code(code, self._p.settings)
                self.warning = f"broker {self._p.settings.host}: we may not listen to {topic}: {why}"
                logger.warning("%s", self.warning)

    def _arrived(self, message: Arrived) -> None:
        try:
            if message.topic == self._ack:
                self._watermark(message.payload)
            elif message.topic == topics.CENTRAL_STATUS:
                self.central = "online" if messages.parse_central(message.payload) else "cannot write"
            elif message.topic.startswith(self._commands):
                verb = message.topic.removeprefix(self._commands)
                self._p.counters.commands += 1
                ok = self._p.commands.submit(verb, message.payload, retained=message.retained)
                self._p.counters.bad_messages += not ok
        except ContractError as error:
            self._p.counters.bad_messages += 1
            logger.warning("%s: %s", message.topic, error)

    def _watermark(self, payload: bytes) -> None:
        logid, through, hash_, missing = watermark.parse_ack(payload)
        self._entries_from = min(self._entries_from, time.monotonic())
        self._unread = None
        try:
            outcome = self._p.outbox.ack(logid, through, hash_, missing)
        except LogError as error:
            logger.warning("the watermark cannot be taken now: %s", error)
            self._unread = payload  # it may be the last for long: try again
            return
        self._p.counters.watermarks += 1
        if outcome.forked:
            self._p.on_fork(outcome.marks)
        if not self._adopt(outcome.marks) and logid == outcome.marks.logid:
            self._p.publisher.missing(outcome.resend)

    def _adopt(self, marks: Marks) -> bool:
        renewed = self._p.publisher.adopt(marks)
        if renewed:
            logger.warning("the log begins anew as %s", marks.logid)
            self._born()
        return renewed

    # What is due

    def _look(self, now: float) -> None:
        publisher, settings = self._p.publisher, self._p.settings
        late = publisher.window.overdue(now, settings.ack_timeout)
        if late is not None or now > self._subscribed_by:
            self._p.counters.acks_timed_out += 1
            what = "our subscriptions" if late is None else f"entry {late.sequence}" if late.sequence else "our status"
            raise LinkError(
                f"broker {settings.host}: has not acknowledged {what} for {settings.ack_timeout:g} s: connecting anew"
            )
        if self._unread is not None:
            self._watermark(self._unread)
        marks = self._p.outbox.marks()
        self._adopt(marks)
        if settings.confirm == "central" and self._p.standstill.due(
            now,
            writable=self.central == "online",
            drained=publisher.drained,
            published=publisher.published,
            confirmed=marks.confirmed,
        ):
            self._republish(marks)
        if now >= self._next_health:
            self._say_health(now)

    def _republish(self, marks: Marks) -> None:
        logger.warning("watermark stands still at %d: sending again what follows", marks.confirmed)
        try:
            self._p.outbox.republish(marks.confirmed)
        except LogError as error:
            logger.warning("the published mark cannot be taken back now: %s", error)
            return
        self._p.counters.republished += 1
        self._adopt(self._p.outbox.marks())

    def _born(self) -> None:
        birth = status.birth(self._p.outbox.marks(), self._p.version, self._p.birth())
        self._p.publisher.posts.add(self._status, birth, retain=True)

    def _say_health(self, now: float) -> None:
        self._next_health = now + self._p.settings.health_interval
        try:
            facts = self._p.health()
            if facts is not None:
                self._p.publisher.posts.add(self._health, status.health(facts), retain=True)
        except ContractError as error:
            logger.warning("no health message: %s", error)
