"""The forwarder: one thread that connects, lives a connection, waits with jitter, and connects again.

    log, commands ─ring─► bell ─┐
    broker ─────────────────────┴► forwarder thread: session ► inbox ► link ► publisher ► session ─► broker
                                                                          └► outbox (ack, published, republish)

One thread does it all, the network too: it waits for the socket and for the bell at once (Session.events). A punch that
was recorded rings the bell from its device's thread. Commands run in a thread of their own, since they may take long.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from contract import topics
from gateway.entries import Marks, Outbox
from gateway.errors import KetukError, LinkError
from gateway.mqtt.backoff import Backoff
from gateway.mqtt.commands import Commands, Handler, ping
from gateway.mqtt.inbox import Inbox
from gateway.mqtt.link import HungUp, Link, Parts
from gateway.mqtt.publisher import Publisher
from gateway.mqtt.session import Session
from gateway.mqtt.settings import BrokerSettings
from gateway.mqtt.standstill import Standstill
from gateway.mqtt.state import Counters, LinkState

logger = logging.getLogger(__name__)

Audit = Callable[[str, dict[str, object]], None]
"""(word of `contract.audit.EVENTS`, detail)"""

_LONGEST_FAREWELL = 3.0
_COMPLAIN_EVERY = 60.0

T = TypeVar("T")


class Forwarder:
    """Carries what the log holds to the broker, from `start()` to `stop()`.

    `health` gives the facts of the health message; `commands` are handlers by verb (see gateway.mqtt.commands);
    `on_fork` hears that the log had to begin anew because the centre knows another history of it; `audit` gets what
    belongs into the log as evidence; `birth` gives further members of the birth message. They are called from threads
    of this package; what they raise is logged.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        site: str,
        gateway: str,
        outbox: Outbox,
        version: str,
        *,
        health: Callable[[], Mapping[str, object]] | None = None,
        commands: Mapping[str, Handler] | None = None,
        on_fork: Callable[[Marks], None] | None = None,
        audit: Audit | None = None,
        birth: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._settings, self._outbox = settings, outbox
        self._health, self._on_fork, self._audit = health, on_fork, audit
        self._stop, self._farewell = threading.Event(), _LONGEST_FAREWELL
        self._state = LinkState(since=time.monotonic())
        self._up_since, self._lived = float("inf"), 0.0
        self._backoff = Backoff(settings.backoff_min, settings.backoff_max, settings.stable_after)
        self._link: Link | None = None
        self._next_complaint = float("-inf")
        self._counters = Counters()
        self._inbox = Inbox(frozenset((topics.ack(site, gateway), topics.CENTRAL_STATUS)))
        self._publisher = Publisher(settings, site, gateway, outbox, self._counters, self._refused)
        handlers = {"ping": ping(version), **(commands or {})}
        self._commands = Commands(handlers, {"replay": self._replay}, self._inbox.bell.ring, self._commanded)
        self._parts = Parts(
            settings=settings,
            site=site,
            gateway=gateway,
            version=version,
            birth=birth,
            outbox=outbox,
            inbox=self._inbox,
            publisher=self._publisher,
            standstill=Standstill(settings.resend_after),
            commands=self._commands,
            counters=self._counters,
            health=self._facts,
            health_wanted=threading.Event(),
            on_fork=self._forked,
        )
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        outbox.watch(lambda _: self._inbox.bell.ring())

    def start(self) -> None:
        """Begin; returns at once, whether there is a broker or not."""
        self._commands.start()
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """End the clean way: what is on its way is waited for a moment, and the broker is told that we go offline.
        Whether the thread ended in `timeout` seconds; whatever it was at, nothing is lost."""
        deadline = time.monotonic() + timeout
        self._farewell = min(_LONGEST_FAREWELL, timeout / 2)
        self._stop.set()
        self._inbox.bell.ring()
        self._commands.stop()
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def publish_health(self) -> None:
        """Send the health message now, not only when its minute is over."""
        self._parts.health_wanted.set()
        self._inbox.bell.ring()

    def snapshot(self) -> LinkState:
        """How the link stands. From any thread."""
        link, state, publisher = self._link, self._state, self._publisher
        return replace(
            state,
            central=link.central if link is not None and state.connected else "unknown",
            warning=(link.warning if link is not None else None) or publisher.warning,
            in_flight=publisher.window.flying,
            waiting_resend=publisher.resends.waiting,
            set_aside=publisher.set_aside.reasons,
            counters=replace(self._counters, dropped_messages=self._inbox.dropped),
        )

    # The thread

    def _run(self) -> None:
        take_commands = True
        while not self._stop.is_set():
            try:
                take_commands = self._one_connection(take_commands=take_commands)
            except Exception as error:
                # Whatever it is, the log is whole and a new connection starts from its marks.
                logger.exception("the forwarder failed; it goes on with a new connection")
                self._trouble(f"the forwarder failed, see the log: {type(error).__name__}: {error}")
            if not self._stop.is_set():
                self._pause()

    def _one_connection(self, *, take_commands: bool) -> bool:
        """Whether the next one should take commands: one that is too large to read would end every connection."""
        session = Session(self._settings, self._parts.site, self._parts.gateway, self._inbox)
        self._link = link = Link(self._parts, session, self._connected)
        hung_up, clean = None, False
        try:
            link.live(self._stop.is_set, take_commands=take_commands)
            link.farewell(self._farewell)
            clean = True
        except KetukError as error:
            hung_up = str(error) if isinstance(error, HungUp) else None
            self._trouble(str(error))
        finally:
            session.close(clean=clean)
            self._over(hung_up)
        return not session.oversized

    def _over(self, hung_up: str | None) -> None:
        now = time.monotonic()
        self._publisher.end(now, hung_up)
        self._inbox.forget()
        self._lived, self._up_since = max(0.0, now - self._up_since), float("inf")
        self._state = replace(self._state, connected=False, since=now)

    def _connected(self) -> None:
        self._up_since = time.monotonic()
        logger.info("connected to %s", self._settings.url)
        self._state = replace(self._state, connected=True, since=self._up_since, next_try=None)

    def _trouble(self, line: str) -> None:
        self._counters.failures += 1
        level = logging.DEBUG if line == self._state.last_error and not self._state.connected else logging.WARNING
        logger.log(level, "%s", line)
        self._state = replace(self._state, last_error=line)

    def _pause(self) -> None:
        delay = self._backoff.after(self._lived)
        self._state = replace(self._state, next_try=time.monotonic() + delay)
        self._stop.wait(delay)
        self._state = replace(self._state, next_try=None)

    # What others are told or asked

    def _replay(self, command: dict[str, object]) -> dict[str, object]:
        marks = self._outbox.marks()
        if command.get("logid", marks.logid) != marks.logid:
            raise LinkError(f"replay: the log is {marks.logid} now, not {command['logid']}")
        first, last = max(int(str(command["from"])), marks.oldest), min(int(str(command["to"])), marks.next - 1)
        # What was never sent comes anyway, in its turn.
        if not self._publisher.resends.replay(first, min(last, self._publisher.window.settled)):
            raise LinkError("replay: too many ranges are waiting already: ask again later")
        return {"from": first, "to": last, "count": max(0, last - first + 1)}

    def _facts(self) -> dict[str, object] | None:
        health = self._health
        return None if health is None else _guarded("health", lambda: dict(health()))

    def _forked(self, marks: Marks) -> None:
        on_fork = self._on_fork
        if on_fork is not None:
            _guarded("on_fork", lambda: on_fork(marks))

    def _refused(self, sequence: int, why: str) -> None:
        self._evidence("publish-refused", {"sequence": sequence, "reason": why})

    def _commanded(self, verb: str, outcome: str) -> None:
        if outcome.startswith("refused"):
            # Whoever sends nonsense must not be able to fill the log with it.
            now = time.monotonic()
            if now < self._next_complaint:
                return
            self._next_complaint = now + _COMPLAIN_EVERY
        elif verb == "ping":
            return
        self._evidence("command-received", {"verb": verb, "outcome": outcome})

    def _evidence(self, event: str, detail: dict[str, object]) -> None:
        audit = self._audit
        if audit is not None:
            _guarded(event, lambda: audit(event, detail))


def _guarded(what: str, call: Callable[[], T]) -> T | None:
    try:
        return call()
    except Exception:
        logger.exception("%s failed", what)
        return None
