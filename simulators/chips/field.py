"""The field of a reader's antenna: which cards are in it, what comes back when it sends, and what disturbs it."""

from simulators.chips.cards import OFF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.chips.cards import Card
    from simulators.chips.clock import RealClock, VirtualClock

_RESET_US = 5000
"""Without field for so long a card has forgotten everything (ISO/IEC 14443-3, 5.4)."""
_GUARD_US = 5000
"""A card may need so long after the field came before it answers (ISO/IEC 14443-3, 5.2)."""


class Answer:
    """What a receiver made of the answers: bits, whether parity held, and the first bit where cards differed."""

    def __init__(self, value: int, bits: int, collision: int | None, *, parity_ok: bool = True) -> None:
        self.value = value
        self.bits = bits
        self.collision = collision
        self.parity_ok = parity_ok


class Field:
    """Cards come and go; `exchange` is one frame out and what comes back.

    `after_frames(n, action)` runs an action when n more frames were answered (a card taken away in the middle).
    `noise(bits)` may give an integer of bits to flip in an answer of that length; `spoil(answer)` may give anything in
    its place, None for an answer that the receiver did not hear.
    """

    def __init__(self, clock: "VirtualClock | RealClock") -> None:
        self._clock = clock
        self.cards: list[Card] = []
        self.on = False
        self._changed_us = -_RESET_US
        self._plans: list[tuple[int, Callable[[], None]]] = []
        self.frames = 0
        self.noise: Callable[[int], int] | None = None
        self.spoil: Callable[[Answer], Answer | None] | None = None

    def put(self, card: "Card") -> None:
        """A card is held to the reader."""
        card.power(on=self.on)
        self.cards.append(card)

    def take(self, card: "Card") -> None:
        """A card is taken away; nothing happens when it is not there."""
        if card in self.cards:
            self.cards.remove(card)
            card.power(on=False)

    def clear(self) -> None:
        """All cards are taken away."""
        for card in list(self.cards):
            self.take(card)

    def power(self, *, on: bool) -> None:
        """The chip switched its antenna."""
        if on == self.on:
            return
        now = self._clock.us()
        forgot = now - self._changed_us >= _RESET_US
        self.on, self._changed_us = on, now
        if on:
            for card in self.cards:
                if forgot or card.state == OFF:
                    card.power(on=True)

    def after_frames(self, n: int, action: "Callable[[], None]") -> None:
        """Run the action once n more frames have been sent and answered; 0: just before the next."""
        self._plans.append((self.frames + n, action))

    def forget_plans(self) -> None:
        """Nothing that `after_frames` planned will happen."""
        self._plans = []

    @property
    def planned(self) -> bool:
        """Whether something is still planned."""
        return bool(self._plans)

    def exchange(self, value: int, bits: int) -> Answer | None:
        """Send a frame to every card; None: none answered."""
        self._run_plans()
        self.frames += 1
        if not self.on or self._clock.us() - self._changed_us < _GUARD_US:
            return None
        answers = [one for one in [card.hear(value, bits) for card in self.cards] if one is not None]
        if not answers:
            return None
        answer = self._disturbed(_merged(answers))
        return answer if self.spoil is None else self.spoil(answer)

    def _run_plans(self) -> None:
        due = [action for at, action in self._plans if at <= self.frames]
        self._plans = [plan for plan in self._plans if plan[0] > self.frames]
        for action in due:
            action()

    def _disturbed(self, answer: Answer) -> Answer:
        flips = 0 if self.noise is None else self.noise(answer.bits) & ((1 << answer.bits) - 1)
        if flips:
            # Each whole byte is followed by its parity: an odd number of flipped bits in it is seen.
            whole = answer.bits // 8
            seen = any(_odd(flips >> 8 * byte & 0xFF) for byte in range(whole))
            return Answer(answer.value ^ flips, answer.bits, answer.collision, parity_ok=not seen)
        return answer


def _merged(answers: list[tuple[int, int]]) -> Answer:
    # Cards answer on the same bit grid. A bit that two of them send differently is a collision; what the receiver
    # makes of it is a matter of amplitude: here it is 1, as both halves of the bit are modulated.
    value, bits = answers[0]
    differ = 0
    for other, length in answers[1:]:
        differ |= (value ^ other) & ((1 << min(bits, length)) - 1)
        value, bits = value | other, max(bits, length)
    if not differ:
        return Answer(value, bits, None)
    first = 0
    while not differ >> first & 1:
        first += 1
    return Answer(value, bits, first)


def _odd(byte: int) -> bool:
    byte ^= byte >> 4
    byte ^= byte >> 2
    return bool((byte ^ byte >> 1) & 1)
