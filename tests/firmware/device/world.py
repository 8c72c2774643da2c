# A whole small world around the real firmware: power, flash, Wi-Fi, broker, centre, cards; all in virtual time.

import asyncio
import json

import vfs
from vtime import VirtualTime
from wire import Broker

from contract import entry, messages, topics
from contract.chain import GENESIS, entry_hash
from contract.watermark import build_ack
from firmware.main import make
from firmware.readers.tap import Tap
from firmware.uptime import Uptime
from simulators.chips.ds3231 import Ds3231
from simulators.chips.nor_flash import NorFlash
from simulators.chips.wifi import Wlan

START = 1_768_780_800  # 2026-01-19T00:00:00Z
NAME, SITE = "pintu-1", "kec-pampangan"

SETTINGS = {
    "site": SITE,
    "reader": NAME,
    "wifi": {"ssid": "kantor", "password": "rahasia"},
    "broker": {"host": "broker.example", "tls": False, "port": 1883},
    "ntp": {"host": ""},
    "mac": {"key": "0b" * 32, "number": "7"},
    "rtc": False,
}


# Power is gone, or the board restarts. No Exception: nothing that handles errors may catch it.
class PowerCut(BaseException):
    pass


class Centre:
    # `delay_ms`: from the broker to the commit. Judges everything it gets.
    def __init__(self, time, broker, delay_ms=200):
        self.time, self.broker, self.delay = time, broker, delay_ms
        self.queue = []  # (due, topic, payload): with the broker, not yet with the centre
        self.logs = {}  # logid -> {sequence: raw}
        self.through = {}
        self.punches = {}  # (source, id) -> how many sequences of one log hold it, at most
        self.again = 0
        self.broken = []
        self.acking = True
        broker.on_publish = self.published
        self.online(True)

    def online(self, yes):
        state = messages.ONLINE if yes else messages.OFFLINE
        self.broker.publish(topics.CENTRAL_STATUS, messages.build_central(state, writable=yes), True)

    def published(self, topic, payload):
        if "/log/" in topic:
            self.queue.append((self.time.ms + self.delay, topic, payload))

    # Commit what is due and send watermarks.
    def work(self):
        changed = set()
        while self.queue and self.queue[0][0] <= self.time.ms:
            changed.add(self.take(self.queue.pop(0)[2]))
        for logid in changed:
            self.ack(logid)

    def take(self, raw):
        event = entry.parse(raw)
        logid, sequence = event["logid"], int(event["sequence"])
        held = self.logs.setdefault(logid, {})
        if sequence in held:
            self.again += 1
            if held[sequence] != raw:
                self.broken.append((logid, sequence, "other bytes"))
            return logid
        held[sequence] = raw
        if event["type"] == "ketuk.punch.v1":
            key = (event["source"], event["id"])
            self.punches.setdefault(key, {}).setdefault(logid, []).append(sequence)
        through = self.through.get(logid, 0)
        while through + 1 in held:
            through += 1
        self.through[logid] = through
        return logid

    def missing(self, logid):
        held, through = self.logs[logid], self.through[logid]
        holes, after = [], through
        for sequence in sorted(held):
            if sequence > after + 1:
                holes.append([after + 1, sequence - 1])
            after = max(after, sequence)
        return holes

    def ack(self, logid, digest=None):
        if not self.acking:
            return
        through = self.through.get(logid, 0)
        if digest is None:
            digest = entry_hash(self.logs[logid][through]) if through else GENESIS
        self.broker.publish(topics.ack(SITE, NAME), build_ack(logid, through, digest, self.missing(logid)), True)

    # Restored from a backup: nothing above `through` is held.
    def forget(self, logid, through):
        for sequence in list(self.logs[logid]):
            if sequence > through:
                del self.logs[logid][sequence]
        self.through[logid] = min(self.through[logid], through)
        self.ack(logid)

    # Whether every log is whole: no hole, each hash that of the entry before.
    def check_chains(self, whole=True):
        assert not self.broken, self.broken
        for logid, held in self.logs.items():
            prev = GENESIS
            for sequence in sorted(held):
                event = entry.parse(held[sequence])
                if sequence - 1 in held or sequence == 1:
                    assert event["prevhash"] == prev, (logid, sequence)
                prev = entry_hash(held[sequence])
            if whole:
                assert self.through[logid] == max(held), (logid, self.missing(logid))

    # How often each card's tap is held, as facts.
    def facts(self, kind="punch"):
        found = []
        seen = set()
        for logid in self.logs:
            for sequence in sorted(self.logs[logid]):
                event = entry.parse(self.logs[logid][sequence])
                key = (event["source"], event["id"])
                if event["type"] == "ketuk." + kind + ".v1" and key not in seen:
                    seen.add(key)
                    found.append(event)
        return found


class Panel:
    def __init__(self):
        self.shown, self.colours, self.tones = [], [], []

    def tone(self, hz):
        self.tones.append(hz)

    def light(self, *colour):
        self.colours.append(colour)

    def show(self, first, second):
        self.shown.append((first + " " + second).strip())
        del self.shown[:-20]


class Counter:
    number = 0

    def get(self):
        return self.number

    def set(self, number):
        self.number = number


class Board:
    root = "/ram"
    serial = "A1B2C3D4E5F6"

    def __init__(self, world):
        self.world = world
        self.fed = 0
        self.was_reset = False
        self.system = 0
        self.screen = Panel()

    @property
    def counter(self):
        return self.world.nvs

    def why_started(self):
        return "power on"

    def data_partition(self):
        return self.world.device

    def i2c(self, settings):
        return self.world.rtc if settings["rtc"] else None

    def panel(self, settings, oled):
        return self.screen

    def wlan(self, name):
        return self.world.wlan

    def guard(self):
        pass

    def feed(self):
        self.fed += 1

    def reset(self):
        self.was_reset = True
        raise PowerCut("reset")

    def set_system_time(self, unix, known):
        self.system = unix
        self.world.kept = self.world.now() - unix if known else None

    def kept_time(self):
        kept = self.world.kept
        return None if kept is None else self.world.now() - kept

    async def connect(self, host, port, context):
        if not self.world.wlan.isconnected():
            raise OSError(118)
        return await self.world.broker.connect()

    async def exchange(self, host, port, packet):
        if not self.world.wlan.isconnected():
            raise OSError(118)
        return await self.world.ntp(packet)


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
        while self.said is None:
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
