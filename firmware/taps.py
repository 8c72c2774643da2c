# What happens at a tap: reader -> flash -> sound, light and text. Knows nothing of the network.

import asyncio
import gc

from micropython import const

from firmware.log.flashlog import LOUD, LogFull

_RECENT = const(16)  # cards that are remembered as just taken
TROUBLES = ("two-cards", "bad-frame", "unknown-finger", "reader-dead")  # that people are told
EVIDENCE = {"reader-reset": "driver-restarted", "reader-dead": "device-silent", "reader-back": "device-back"}


class Taps:
    # `parts`: reader, recorder, feedback, log, forwarder, uptime, settings. `note(event, detail, quiet)`: for evidence.
    def __init__(self, parts, note) -> None:
        self.reader, self.recorder, self.feedback = parts.reader, parts.recorder, parts.feedback
        self.log, self.forwarder, self.uptime = parts.log, parts.forwarder, parts.uptime
        self._same_ms = parts.settings["card.same_s"] * 1000
        self.note = note
        self._recent = []  # (ref, when) of taps that were recorded
        self.state = "starting"  # of the reader: then ok, or silent
        self.counters = {"refused": 0, "same": 0, "failed": 0}

    async def run(self, alive) -> None:
        await self.reader.start()
        while True:
            alive()
            for one in await self.reader.poll():
                if hasattr(one, "ref"):
                    self.take(one)
                else:
                    self._trouble(one)
            if self.state == "starting":
                self.state = "ok"
            await asyncio.sleep_ms(self.reader.PAUSE_MS)

    def take(self, tap) -> None:
        now = self.uptime()
        self._recent = [(ref, at) for ref, at in self._recent if now - at < self._same_ms]
        if tap.ref in [ref for ref, _ in self._recent]:
            self.counters["same"] += 1
            self.feedback.say("again")
            return
        try:
            self.recorder.punch(tap)
        except LogFull as error:
            self._not_recorded("full", "refused", "disk-full", error)
        except (OSError, MemoryError) as error:
            self._not_recorded("failed", "failed", "disk-failed", error)
        else:
            self._recent = self._recent[-_RECENT + 1 :] + [(tap.ref, now)]
            self.feedback.say(self._praise(tap))
            self.forwarder.wake()

    def _praise(self, tap) -> str:
        if "random-uid" in tap.flags:
            return "random-uid"
        return "recorded-loud" if self.log.fill >= LOUD else "recorded"

    def _not_recorded(self, word: str, counter: str, event: str, why) -> None:
        self.counters[counter] += 1
        self.feedback.say(word)
        self.note(event, {"why": str(why)}, True)
        gc.collect()

    def _trouble(self, trouble) -> None:
        word = trouble.word
        if word == "reader-dead":
            self.state, self.feedback.idle = "silent", word
        elif word in EVIDENCE:
            self.state, self.feedback.idle = "ok", "ready"
        if word in TROUBLES:
            self.feedback.say(word)
        if word in EVIDENCE:
            self.note(EVIDENCE[word], {"why": trouble.detail}, True)
