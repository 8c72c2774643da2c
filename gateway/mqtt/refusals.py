"""What to do about entries that the broker refuses: one entry is set aside, anything wider ends the connection."""

import logging
from collections.abc import Callable

from gateway.errors import LinkError
from gateway.mqtt import reasons
from gateway.mqtt.setaside import SetAside, Suspicion
from gateway.mqtt.settings import BrokerSettings
from gateway.mqtt.window import Window

logger = logging.getLogger(__name__)

_OF_THE_ENTRY = (0x99,)
"""Refusals that say something about this one entry: payload format invalid. (MQTT 5 has no "too large" for a PUBACK;
where mosquitto sends it all the same, `message_size_limit`, paho ends the connection, and `hung_up` sees to it.)"""


class Refusals:
    """`tell` hears of each refused entry, once: (sequence, why)."""

    def __init__(self, settings: BrokerSettings, tell: Callable[[int, str], None]) -> None:
        self._settings, self._tell = settings, tell
        self.set_aside = SetAside(settings.refused_retry)
        self.suspicion = Suspicion()
        self._last_told = 0

    def refused(self, sequence: int, code: int, now: float, *, unpublished: bool) -> None:
        """A PUBACK said no. Raises LinkError, unless that is a matter of this entry alone: then it is set aside."""
        why = reasons.of_code(code, self._settings)
        if code in _OF_THE_ENTRY:
            self.put_aside(sequence, why, now, unpublished=unpublished)
            return
        self._tell_once(sequence, why)
        raise LinkError(f"broker {self._settings.host}: refuses entry {sequence}: {why}")

    def put_aside(self, sequence: int, why: str, now: float, *, unpublished: bool) -> None:
        """Offer it again later; `unpublished`: it never had a PUBACK. Raises LinkError when too many are waiting."""
        if self.set_aside.full and sequence not in self.set_aside:
            count = len(self.set_aside)
            raise LinkError(f"broker {self._settings.host}: refuses {count} entries and now {sequence}: {why}")
        if self.set_aside.add(sequence, why, now, unpublished=unpublished):
            logger.error("entry %d is set aside and offered again later: %s", sequence, why)
            self._tell_once(sequence, why)

    def hung_up(self, window: Window, line: str, now: float) -> None:
        """The connection ended from the other side, `line` says how; if that can be put down to an entry, the entry is
        set aside."""
        culprit = self.suspicion.hung_up(window.oldest_entry(), window.flying)
        if culprit is None or self.set_aside.full:
            return
        unpublished = culprit > window.settled
        self.put_aside(culprit, f"the connection ends over it: {line}", now, unpublished=unpublished)
        window.pass_by(culprit)

    def _tell_once(self, sequence: int, why: str) -> None:
        if sequence != self._last_told:
            self._last_told = sequence
            self._tell(sequence, why)
