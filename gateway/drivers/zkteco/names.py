"""Which person an internal number meant: old terminals log only a number that they give to somebody else later.

A number's names are kept with the place in the log from which they hold, so that a record read again after the number
changed hands keeps its name. The memory lasts as long as the driver; records that were read before it began get the
name that the terminal has today.
"""

from collections.abc import Mapping


class Names:
    """uid -> user id, now and before."""

    def __init__(self) -> None:
        self._held: dict[int, list[tuple[int, str]]] = {}
        self._slots: dict[str, int] = {}
        self._asked: set[int] = set()
        self._doubted = False

    def is_news(self, uid: int) -> bool:
        """Whether the user list is worth a look: it changed, or `uid` is asked for the first time and not known."""
        if self._doubted:
            return True
        if uid in self._held or uid in self._asked:
            return False
        self._asked.add(uid)
        return True

    def doubt(self) -> None:
        """The terminal's list changed since it was read."""
        self._doubted = True
        self._asked.clear()

    def refresh(self, users: Mapping[int, str], records: int) -> None:
        """The terminal's list of today; records from number `records` on are meant by it."""
        self._doubted = False
        self._slots = {person: uid for uid, person in users.items()}
        for uid, person in users.items():
            past = self._held.setdefault(uid, [])
            if not past:
                past.append((0, person))
            elif past[-1][1] != person:
                past.append((records, person))

    def forget_places(self) -> None:
        """The terminal's log lost records: places mean nothing any more, the latest names stay."""
        self._held = {uid: [(0, past[-1][1])] for uid, past in self._held.items()}

    def resolve(self, uid: int, record: int | None = None) -> str | None:
        """Who held `uid` at a record of the log (None: now)."""
        past = self._held.get(uid)
        if not past:
            return None
        if record is None:
            return past[-1][1]
        return next((person for since, person in reversed(past) if since <= record), past[0][1])

    def slot_of(self, person: str) -> int | None:
        """The internal number that `person` holds now; None if none is known."""
        return self._slots.get(person)
