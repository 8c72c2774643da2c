"""What goes out next, and what an answer means: the rules of `window`, `resends` and `setaside` over the log.

It lives as long as the forwarder and outlasts every connection: `begin` takes a new one, `end` lets it go. All calls
come from the forwarder's thread. Places in the window are filled in this order: messages that are not entries; an
entry that was set aside and is due, alone; then, in turn, an entry that somebody asked for and a new one, so that
neither kind can starve the other.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from contract import entry, topics
from contract.ranges import Range
from gateway.entries import Marks, Outbox, Stored
from gateway.errors import LinkError, LogError
from gateway.mqtt import reasons
from gateway.mqtt.posts import Posts
from gateway.mqtt.refusals import Refusals
from gateway.mqtt.resends import Resends
from gateway.mqtt.settings import BrokerSettings
from gateway.mqtt.state import Counters
from gateway.mqtt.supply import Supply
from gateway.mqtt.window import Flight, Window

logger = logging.getLogger(__name__)

PACKET_OVERHEAD = 64
"""Bytes of a PUBLISH that are neither topic nor payload, at most."""
_READ_AGAIN = 1.0  # seconds after the log could not be read


class Send(Protocol):
    """`Session.publish`."""

    def __call__(self, topic: str, payload: bytes, *, retain: bool, entry: bool) -> int: ...


class Publisher:
    """`refused` hears of each entry that the broker would not take, once: (sequence, why)."""

    def __init__(
        self,
        settings: BrokerSettings,
        site: str,
        gateway: str,
        outbox: Outbox,
        counters: Counters,
        refused: Callable[[int, str], None],
    ) -> None:
        self._settings, self._outbox, self._counters = settings, outbox, counters
        self._topics = {kind: topics.log(site, gateway, kind) for kind in entry.KINDS}
        marks = outbox.marks()
        self.logid = marks.logid
        self.window = Window(marks.published, settings.window)
        self.resends = Resends(settings.resend_gap)
        self._supply = Supply(outbox, self.resends)
        self._refusals = Refusals(settings, refused)
        self.set_aside = self._refusals.set_aside
        self._marked = marks.published
        """The log's published mark as we know it."""
        self.posts = Posts()
        self._alone: int | None = None
        self.warning: str | None = None
        """What the broker does not like of this connection, although entries go through."""
        self._resend_turn = False
        self._read_not_before = float("-inf")
        self._send: Send | None = None
        self._largest = 0
        self._places = settings.window

    # One connection after another

    def begin(self, send: Send, receive_maximum: int, largest_packet: int) -> None:
        """A connection stands; so many messages may be on their way, and none above so many bytes."""
        self._send, self._largest, self.warning = send, largest_packet, None
        self.resends.hasten()  # what the broker held before may be gone
        self._places = min(self._settings.window, receive_maximum)
        self.window.size = 1 if self._refusals.suspicion.one_at_a_time else self._places
        self.adopt(self._outbox.marks())

    def end(self, now: float, hung_up: str | None) -> None:
        """It is gone; `hung_up`: how, if the other side ended it."""
        if hung_up is not None:
            self._refusals.hung_up(self.window, hung_up, now)
        self._send = None
        self.window.dropped()
        self.report()
        self.posts.keep_replies()
        self._rewound()

    def adopt(self, marks: Marks) -> bool:
        """Where the log says it stands, after anything but our own reports may have moved it. Whether it is a log of
        another epoch now."""
        if marks.logid != self.logid:
            self.logid = marks.logid
            self.window.move(marks.published)
            self.resends.forget()
            self.set_aside.forget()
            self._marked = marks.published
            self._rewound()
            return True
        self.set_aside.held_elsewhere(marks.confirmed)
        if marks.published < self._marked or marks.published > self.window.sent:
            self.window.move(marks.published)
            self._rewound()
        self._marked = marks.published
        return False

    # Sending

    def pump(self, now: float, *, entries: bool = True) -> None:
        """Fill the window. Raises LinkError when the connection cannot go on."""
        while self.window.room > 0 and (post := self.posts.next()):
            self.window.add(self._out(post.topic, post.payload, retain=post.retain), None, now)
        if not entries or now < self._read_not_before:
            return
        try:
            self._fill(now)
        except LogError as error:
            logger.warning("the log cannot be read now: %s", error)
            self._read_not_before = now + _READ_AGAIN

    @property
    def drained(self) -> bool:
        """Whether no entry waits for its turn."""
        behind = self._outbox.marks().next - 1 > self.window.sent
        return not (behind or self._supply.reading_again or self.resends.waiting)

    def _fill(self, now: float) -> None:
        if self._offer_alone(now):
            return
        marks = self._outbox.marks()
        while self.window.room > 0:
            self._resend_turn = not self._resend_turn
            if self._resend_turn:
                sent = self._send_again(now) or self._send_new(now, marks)
            else:
                sent = self._send_new(now, marks) or self._send_again(now)
            if not sent:
                return

    def _offer_alone(self, now: float) -> bool:
        """An entry that was set aside, with nothing else on its way, so that a hang-up can be put down to it.
        Whether everything else has to wait for it."""
        if self._alone is not None:
            return True
        due = self.set_aside.due(now)
        if due is None or self.window.flying:
            return due is not None
        self.set_aside.offered(due, now)
        found = self._supply.one(due)
        if found is None:
            self.set_aside.taken(due)  # the log no longer holds it
        elif not self._too_large(found):
            self._alone = due
            self._entry(found, now, new=False)
        return self._alone is not None

    def _send_new(self, now: float, marks: Marks) -> bool:
        stored = self._supply.new(self.window.sent, marks.next - 1)
        if stored is None:
            return False
        if stored.sequence in self.set_aside:
            self.window.skip(stored.sequence)
        elif self._too_large(stored):
            self._refusals.put_aside(stored.sequence, self._why_too_large(stored), now, unpublished=True)
            self.window.skip(stored.sequence)
        else:
            self._entry(stored, now, new=True)
        return True

    def _send_again(self, now: float) -> bool:
        if not (self.resends.waiting or self._supply.reading_again):
            return False
        stored = self._supply.again(self.window.room, now, [*self.window.entries, *self.set_aside])
        if stored is None:
            return False
        if self._too_large(stored):
            self._refusals.put_aside(stored.sequence, self._why_too_large(stored), now, unpublished=False)
        else:
            self._entry(stored, now, new=False)
        return True

    def _entry(self, stored: Stored, now: float, *, new: bool) -> None:
        mid = self._out(self._topics[stored.kind], stored.raw, retain=False, is_entry=True)
        self.window.add(mid, stored.sequence, now, new=new)
        self.resends.sent(stored.sequence, now)

    def _out(self, topic: str, payload: bytes, *, retain: bool, is_entry: bool = False) -> int:
        if self._send is None:
            raise LinkError("not connected")
        return self._send(topic, payload, retain=retain, entry=is_entry)

    def _too_large(self, stored: Stored) -> bool:
        return len(stored.raw) + len(self._topics[stored.kind]) + PACKET_OVERHEAD > self._largest

    def _why_too_large(self, stored: Stored) -> str:
        return f"{len(stored.raw)} bytes, but the broker takes packets of at most {self._largest}: raise its limit"

    # Answers

    def acknowledged(self, mid: int, reason: int, now: float) -> None:
        """PUBACK. Raises LinkError for a refusal that concerns more than one entry."""
        flight = self.window.get(mid)
        if flight is None:
            return
        if reason >= reasons.FAILURE:
            self._refused(flight, reason, now)  # a mark never passes what this raises for
        self.window.acked(mid, now)
        if flight.sequence is None:
            return
        if flight.sequence == self._alone:
            self._alone = None
        if reason < reasons.FAILURE:
            self._taken(flight, flight.sequence)

    def _taken(self, flight: Flight, sequence: int) -> None:
        self._refusals.suspicion.progress()
        self.window.size = self._places
        self.set_aside.taken(sequence)
        self._counters.published += 1
        self._counters.resent += not flight.new

    def _refused(self, flight: Flight, reason: int, now: float) -> None:
        self._counters.refused += 1
        if flight.sequence is not None:
            self._refusals.refused(flight.sequence, reason, now, unpublished=flight.new)
            return
        why = reasons.of_code(reason, self._settings)
        self.warning = f"broker {self._settings.host}: refuses our status, health or reply: {why}"
        logger.warning("%s", self.warning)

    # Marks

    def report(self) -> None:
        """Tell the log how far the broker has come, if that is news. Called once for a batch of answers."""
        published = self.set_aside.ceiling(self.window.settled)
        if published > self._marked:
            try:
                self._outbox.published(published)
            except LogError as error:
                logger.warning("the published mark cannot be kept now: %s", error)
                return
            self._marked = published

    @property
    def published(self) -> int:
        """The log's published mark as we know it."""
        return self._marked

    def missing(self, ranges: tuple[Range, ...]) -> None:
        """What the newest watermark asks for."""
        self.resends.missing((first, min(last, self.window.settled)) for first, last in ranges)

    def _rewound(self) -> None:
        self._supply.rewind()
        self._alone = None
