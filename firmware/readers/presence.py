# One tap a visit. A card that stays is told once; `misses` looks in a row that see nothing end the visit.


class Presence:
    def __init__(self, misses: int) -> None:
        self._misses = misses
        self._quiet = misses
        self._strange = 0
        self._ref: str | None = None
        self._said: str | None = None

    # A card was read. True when it has just come.
    def arrived(self, ref: str) -> bool:
        new = ref != self._ref
        self._ref = ref
        self._said = None
        self._quiet = self._strange = 0
        return new

    # Was this card there at the last look?
    def holds(self, ref: str) -> bool:
        return ref == self._ref

    # Nobody is there.
    def nothing(self) -> None:
        self._quiet += 1
        if self._quiet >= self._misses:
            self._ref = self._said = None
            self._strange = 0

    # Somebody is there, but who was not understood. True when that has lasted long enough to say so.
    def unread(self) -> bool:
        self._quiet = 0
        self._strange += 1
        if self._strange < self._misses:
            return False
        self._ref = None
        return self.once("bad-frame")

    # Somebody is there with something to be told: True the first time in this visit.
    def once(self, word: str) -> bool:
        self._quiet = 0
        new = word != self._said
        self._said = word
        return new

    def somebody(self) -> bool:
        return self._quiet < self._misses
