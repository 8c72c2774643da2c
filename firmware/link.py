# One connection to the broker after another, with a wait that grows; and updates, while there is none.

import asyncio
import gc
import os

from micropython import const

from firmware.mqtt import Refused

_REFUSED_MS = const(30_000)  # the broker said no: it will not change its mind at once


class Link:
    # `parts`: client, forwarder, wifi, updates, settings, feedback. `app`: to be told health, and to write down and
    # restart after an update.
    def __init__(self, parts, app) -> None:
        self.client, self.forwarder, self.wifi = parts.client, parts.forwarder, parts.wifi
        self.updates, self.feedback, self.app = parts.updates, parts.feedback, app
        settings = parts.settings
        self._hello = (
            settings["reader"],
            parts.forwarder.topic + "/status",
            parts.forwarder.will,
            settings["broker.user"] or None,
            settings["broker.password"] or None,
        )
        self._longest_ms = settings["broker.retry_s"] * 1000
        self._update_url = None
        self._proved = self._stood = False
        self.counters = {"connects": 0, "broken": 0}
        self.last_error = ""

    async def run(self, alive) -> None:
        backoff = Backoff(most_ms=self._longest_ms)
        self.client.alive = alive
        while True:
            await _wait(alive, 500)
            if not self.wifi.up:
                continue
            if self._update_url is not None:
                await self._update(alive)
            gc.collect()
            try:
                self.counters["connects"] += 1
                await self.client.run(self._hello, self._work)
                backoff.reset()
            except Refused as error:
                self._broken(error)
                await _wait(alive, _REFUSED_MS)
            except OSError as error:
                self._broken(error)
            if self._stood:
                backoff.reset()
                self._stood = False
            await _wait(alive, backoff.next())

    # Ask for an update; it begins when the link is free. Raises ValueError when this reader takes none.
    def want_update(self, url: str) -> None:
        if self.updates is None:
            raise ValueError("this reader has no update.key: it takes no updates")
        self._update_url = url
        self.forwarder.leaving = True

    # The birth is out and the broker took it. If the reader is well, too, then this software works.
    def stands(self, reader_is_well: bool) -> None:
        self._stood = True
        self.last_error = ""
        if not self._proved and reader_is_well:
            self._proved = True
            if self.updates is not None:
                self.updates.confirm()

    async def _work(self) -> None:
        self.app.tell_health_soon()
        await self.forwarder.work()

    def _broken(self, error) -> None:
        self.counters["broken"] += 1
        self.last_error = str(error)
        print("link:", self.last_error)

    async def _update(self, alive) -> None:
        url, self._update_url = self._update_url, None
        self.feedback.say("updating")
        self.feedback.idle = "updating"
        try:
            outcome = "installed " + await self.updates.run(url, alive)
        except OSError as error:
            self.app.note("command-received", {"verb": "update", "outcome": "failed: " + str(error)})
            self.feedback.idle = "ready"
            return
        self.app.note("command-received", {"verb": "update", "outcome": outcome})
        self.app.restart()


async def _wait(alive, milliseconds: int) -> None:
    while milliseconds > 0:
        alive()
        await asyncio.sleep_ms(min(milliseconds, 500))
        milliseconds -= 500


# Waits that grow and are never the same twice, so that a hundred readers do not come back in one second.
class Backoff:
    def __init__(self, first_ms=1000, most_ms=120_000, random=os.urandom):
        self._first, self._most, self._random = first_ms, most_ms, random
        self._wait = first_ms

    # The next wait in milliseconds: half to one and a half of what has doubled each time.
    def next(self):
        wait = self._wait
        self._wait = min(2 * wait, self._most)
        return wait // 2 + wait * self._random(1)[0] // 256

    def reset(self):
        self._wait = self._first
