"""Commands as lines on standard input, one JSON object on standard output for each."""

import asyncio
import json
import sys

from simulators.chips.cards import Card
from simulators.chips.mfrc522 import FAULTS
from simulators.reader.device.bench import Bench

_REACTION_MS = 5000
_HELD_MS = 300
_AWAY_MS = 600

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Result = dict[str, object]


class Misused(ValueError):
    """The line makes no sense; the message says how it would."""


class Console:
    """One reader's commands. `verbs` maps a word to (usage, help, function)."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._held: list[Card] = []
        self.verbs: dict[str, tuple[str, str, Callable[[list[str]], Awaitable[Result]]]] = {
            "tap": ("tap UID [magic|random]", "hold a card to it until it reacts: tap 04A1B2C3D4E580", self._tap),
            "hold": ("hold UID", "hold a card to it and leave it there", self._hold),
            "take": ("take", "take away every card", self._take),
            "two-cards": ("two-cards [UID UID]", "hold two cards to it at once", self._two_cards),
            "wifi": ("wifi off|on", "switch the access point off or on", self._wifi),
            "clock": ("clock lost|right|wrong SECONDS", "the battery clock stopped, is right, or is off", self._clock),
            "break": ("break FAULT [soft|hard|none]", "break the chip: " + ", ".join(FAULTS), self._break),
            "mend": ("mend", "mend the chip", self._mend),
            "brown-out": ("brown-out", "the supply dips: the chip forgets its registers", self._brown_out),
            "glitch": ("glitch BYTES", "so many bytes on the bus read FF", self._glitch),
            "show": ("show", "what its display and lights say now", self._show),
            "help": ("help", "this list", self._help),
        }

    async def run(self) -> None:
        """Answer lines until standard input ends."""
        source = asyncio.StreamReader(sys.stdin.buffer)  # type: ignore[call-arg,arg-type]
        while True:
            line = await source.readline()
            if not line:
                return
            say(await self.answer(line.decode().split()))

    async def answer(self, words: "list[str]") -> "Result":
        """Carry out one line."""
        if not words or words[0] not in self.verbs:
            return {"ok": False, "error": "there is no such command: known are " + ", ".join(sorted(self.verbs))}
        usage, _, function = self.verbs[words[0]]
        try:
            result: Result = {"ok": True}
            result.update(await function(words[1:]))
        except (Misused, ValueError) as error:
            return {"ok": False, "error": (str(error) or "cannot read that") + "; usage: " + usage}
        return result

    async def _tap(self, words: "list[str]") -> "Result":
        if not 1 <= len(words) <= 2:
            raise Misused("which card?")
        if len(words) == 2 and words[1] not in ("magic", "random"):
            raise Misused("a card can be magic or random")
        uid = bytes.fromhex(words[0])
        card = Card(uid, "phone" if words[1:] == ["random"] else None, magic=words[1:] == ["magic"])
        return await self._present([card])

    async def _two_cards(self, words: "list[str]") -> "Result":
        if len(words) not in (0, 2):
            raise Misused("which two cards?")
        uids = words or ["DEADBEEF", "DEAD3EEF"]
        return await self._present([Card(bytes.fromhex(uid)) for uid in uids])

    async def _present(self, cards: "list[Card]") -> "Result":
        bench = self._bench
        bench.heard = []
        for card in cards:
            bench.field.put(card)
        began = bench.ms()
        while not bench.heard and bench.ms() - began < _REACTION_MS:
            await asyncio.sleep_ms(10)  # type: ignore[attr-defined]
        took = bench.ms() - began
        await asyncio.sleep_ms(_HELD_MS)  # type: ignore[attr-defined]
        while bench.tone:
            await asyncio.sleep_ms(10)  # type: ignore[attr-defined]
        result = self._seen()
        result["took_ms"] = took if bench.heard else None
        for card in cards:
            bench.field.take(card)
        await asyncio.sleep_ms(_AWAY_MS)  # type: ignore[attr-defined]
        return result

    async def _hold(self, words: "list[str]") -> "Result":
        if len(words) != 1:
            raise Misused("which card?")
        self._bench.field.put(Card(bytes.fromhex(words[0])))
        return {"cards": len(self._bench.field.cards)}

    async def _take(self, _words: "list[str]") -> "Result":
        self._bench.field.clear()
        return {"cards": 0}

    async def _wifi(self, words: "list[str]") -> "Result":
        if words not in (["on"], ["off"]):
            raise Misused("on or off?")
        self._bench.wlan.air = words == ["on"]
        self._bench.wlan.isconnected()
        return {"wifi": words[0]}

    async def _clock(self, words: "list[str]") -> "Result":
        clock = self._bench.battery_clock
        if words == ["lost"]:
            clock.status |= 0x80
        elif words == ["right"]:
            clock.status, clock.offset = 0, 0
        elif len(words) == 2 and words[0] == "wrong":
            clock.offset = int(words[1])
        else:
            raise Misused("lost, right or wrong?")
        self._bench.save_clock()
        return {"status": clock.status, "offset_s": clock.offset}

    async def _break(self, words: "list[str]") -> "Result":
        if not 1 <= len(words) <= 2:
            raise Misused("which fault?")
        self._bench.chip.break_(words[0], words[1] if len(words) == 2 else "none")
        return {"broken": words[0]}

    async def _mend(self, _words: "list[str]") -> "Result":
        self._bench.chip.mend()
        return {"broken": None}

    async def _brown_out(self, _words: "list[str]") -> "Result":
        self._bench.chip.brown_out()
        return {}

    async def _glitch(self, words: "list[str]") -> "Result":
        self._bench.chip.glitch(int(words[0]) if words else 1)
        return {}

    async def _show(self, _words: "list[str]") -> "Result":
        return self._seen()

    async def _help(self, _words: "list[str]") -> "Result":
        return {"commands": {usage: text for usage, text, _ in self.verbs.values()}}

    def _seen(self) -> "Result":
        bench = self._bench
        return {
            "shown": bench.screen.lines(),
            "light": bench.lit,
            "heard_hz": list(bench.heard),
            "wifi": bench.wlan.isconnected(),
        }


def say(answer: "Result") -> None:
    """One line of standard output that is for the person outside."""
    print(json.dumps(answer))
