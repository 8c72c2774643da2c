# Says to the person at the door what became of the tap: sound, light and text. The last word wins; nothing queues up.

import asyncio

from firmware.texts import colour, lines, tones

SHOWN_MS = 2500


class Feedback:
    # `panel`: tone(hz) (0 ends it), light(red, green, blue), show(line, line). `clock.short()`: the time to tell.
    def __init__(self, panel, clock, language):
        self._panel, self._clock, self._language = panel, clock, language
        self._next = None
        self._given = asyncio.Event()
        self.idle = "ready"  # what stands there when nothing happens

    def say(self, word):
        self._next = word
        self._given.set()

    async def run(self, alive):
        self._stand()
        while True:
            alive()
            try:
                await asyncio.wait_for_ms(self._given.wait(), 5000)
            except asyncio.TimeoutError:
                continue
            self._given.clear()
            word, self._next = self._next, None
            if word is not None:
                await self._perform(word)

    async def _perform(self, word):
        self._panel.show(*lines(word, self._language, self._clock.short()))
        self._panel.light(*colour(word))
        for hz, duration in tones(word):
            self._panel.tone(hz)
            await asyncio.sleep_ms(duration)
        self._panel.tone(0)
        try:
            await asyncio.wait_for_ms(self._given.wait(), SHOWN_MS)
        except asyncio.TimeoutError:
            self._stand()

    def _stand(self):
        self._panel.light(*colour(self.idle))
        self._panel.show(*lines(self.idle, self._language, self._clock.short()))
