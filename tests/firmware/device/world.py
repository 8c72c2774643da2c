# A whole small world around the real firmware: power, flash, Wi-Fi, broker, centre, cards; all in virtual time.

import asyncio
import json

import vfs
from board import Board, Counter, PowerCut
from centre import NAME, SITE, Centre
from vtime import VirtualTime
from wire import Broker

from firmware.main import make
from firmware.readers.tap import Tap
from firmware.vitals import Uptime
from simulators.chips.ds3231 import Ds3231
from simulators.chips.nor_flash import NorFlash
from simulators.chips.wifi import Wlan

START = 1_768_780_800  # 2026-01-19T00:00:00Z

SETTINGS = {
    "site": SITE,
    "reader": NAME,
    "wifi": {"ssid": "kantor", "password": "rahasia"},
    "broker": {"host": "broker.example", "tls": False, "port": 1883},
    "ntp": {"host": ""},
    "mac": {"key": "0b" * 32, "number": "7"},
    "rtc": False,
}


class Cards:
    PAUSE_MS = 100

    def __init__(self):
        self.waiting = []
        self.counters = {}

    async def start(self):
        pass

    async def poll(self):
        found, self.waiting = self.waiting, []
        return found


class World:
    def __init__(self, folder, blocks=64, **changes):
        self.time = VirtualTime()
        self.time.look = self._end_without_power
        self.path = folder + "/world.bin"
        try:
            vfs.umount("/data")
        except OSError:
            pass
        import os

        try:
            os.remove(self.path)
        except OSError:
            pass
        self.blocks = blocks
        self.device = NorFlash(self.path, blocks)
        self.broker = Broker()
        self.broker.keep = False
        self.centre = Centre(self.time, self.broker)
        self.rtc = Ds3231(self.now)
        self.nvs = Counter()
        self.wlan = Wlan(lambda: self.time.ms)
        self.wlan.on_change = self._wifi_changed
        self.settings = dict(SETTINGS)
        self.settings.update(changes)
        self.app = None
        self.promised = []  # refs of taps for which "recorded" was said
        self.tried = []
        self.ntp = None
        self.kept = None  # real time minus that of the chip's own clock, while it has power and knows
        self.centre_ms = 100
        self.broken = None  # what ended the last run

    def now(self):
        return START + self.time.ms // 1000

    def _wifi_changed(self, up):
        if not up:
            self.broker.cut()

    # Power on and let `story(world)` happen; power goes when it ends, or when the flash is cut.
    def live(self, story, cut_at=None, torn=True):
        from firmware import config

        self.time.start()
        self.device = NorFlash(self.path, self.blocks)
        self.device.cut_at, self.device.torn = cut_at, torn
        self.wlan.active(False)
        self.wlan._trying = None
        self.broker.sessions = []
        settings = config.check(json.dumps(self.settings).encode())
        self.board = Board(self)
        self.cards = Cards()
        self.broken = None
        try:
            self.app = make(self.board, settings, reader=self.cards, uptime=Uptime(self.time.ticks_ms))
            self._listen()
            asyncio.run(self._live(story))
        except (PowerCut, OSError) as cut:
            if isinstance(cut, OSError) and not self.device.dead:
                raise
            self.broken = cut
        finally:
            if not self.board.was_reset:
                self.kept = None
            self.broker.cut()
            self.device.dead = True
            try:
                vfs.umount("/data")
            except OSError:
                pass
            self.device.close()

    # A flash without power answers with errors, which the app takes for those of a flash that fails: it lives no longer
    # than to the next time that a task gives way.
    def _end_without_power(self):
        if self.device.dead:
            raise PowerCut("no power")

    # What the app says to people is what it promises.
    def _listen(self):
        say = self.app.feedback.say

        def hear(word):
            self.said = word
            if word.startswith("recorded") or word == "random-uid":
                self.promised.append(self.tried[-1])
            say(word)

        self.app.feedback.say = hear

    async def _live(self, story):
        jobs = [
            asyncio.create_task(self.app.run()),
            asyncio.create_task(self._centre()),
            asyncio.create_task(story(self)),
        ]
        while not jobs[2].done():
            await asyncio.sleep_ms(1000)
            if jobs[0].done():
                await jobs[0]
                raise AssertionError("the app ended by itself")
        await jobs[2]
        for job in jobs:
            job.cancel()

    async def _centre(self):
        while True:
            self.centre.work()
            await asyncio.sleep_ms(self.centre_ms)

    # Somebody holds a card before the reader, and waits for what it says.
    async def tap(self, ref, flags=()):
        self.said = None
        self.tried.append(ref)
        self.cards.waiting.append(Tap("card", "card", ref, bytes.fromhex(ref), flags))
        end = self.time.ms + 600_000
        while self.said is None:
            assert self.time.ms < end, "nobody looks at the card"
            await asyncio.sleep_ms(100)
        return self.said

    async def until(self, condition, patience_ms=600_000):
        end = self.time.ms + patience_ms
        while not condition():
            assert self.time.ms < end, "it did not happen in %d s" % (patience_ms // 1000)
            await asyncio.sleep_ms(200)

    def drained(self):
        log = self.app.log
        return not log.to_carry and log.confirmed >= log.next - 2 and not self.centre.queue


def uid(number):
    return "04%010X80" % number
