# `micropython month.py FOLDER DAYS CUTS SEED`: an office for so many days. 300 taps a day, the network there for 30 %
# of the time, power cuts between and inside flash steps, a broker that restarts and has lost what it had, network time
# only while there is a network.
#
# What it leaves in FOLDER is judged by CPython (test_month.py): `committed`, every entry the centre committed;
# `tried`, every tap with the second it happened; `promised`, those of which a person was told that they are recorded.
# Nothing of that is kept in memory, so the heap may be as small as the reader's own world allows.

import asyncio
import gc
import random
import sys

from centre import Centre
from world import SETTINGS, Cards, World, uid

from contract import entry
from contract.chain import GENESIS, entry_hash

DAY = 86_400_000
TAPS = 320  # wanted; waits for the network and for power take some of the time, about 300 are left
NTP = {"host": "ntp.example"}


class Quick(Cards):
    # As Cards, but asyncio has nothing to do while nobody comes.
    PAUSE_MS = 0

    def __init__(self):
        super().__init__()
        self.came = asyncio.Event()

    async def poll(self):
        try:
            await asyncio.wait_for_ms(self.came.wait(), 15_000)
        except asyncio.TimeoutError:
            return []
        self.came.clear()
        return await super().poll()


# A list that only grows, in a file.
class Written:
    def __init__(self, path):
        self._file = open(path, "wb")
        self.count = 0

    def append(self, line):
        self._file.write(line.encode() if isinstance(line, str) else line)
        self._file.write(b"\n")
        self.count += 1

    def close(self):
        self._file.close()


# A centre that writes down what it commits and remembers only where each log stands.
class Ledger(Centre):
    def __init__(self, time, broker, committed):
        super().__init__(time, broker)
        self.committed = committed
        self.ends = {}  # logid -> hash of the entry that `through` names
        self.ahead = {}  # logid -> {sequence: hash} of what came before its turn

    def take(self, raw):
        event = entry.parse(raw)
        logid, sequence = event["logid"], int(event["sequence"])
        self.committed.append(raw)
        ahead = self.ahead.setdefault(logid, {})
        through = self.through.setdefault(logid, 0)
        if sequence <= through or sequence in ahead:
            self.again += 1
            return logid
        ahead[sequence] = entry_hash(raw)
        while through + 1 in ahead:
            through += 1
            self.ends[logid] = ahead.pop(through)
        self.through[logid] = through
        return logid

    def missing(self, logid):
        holes, after = [], self.through[logid]
        for sequence in sorted(self.ahead[logid]):
            if sequence > after + 1:
                holes.append([after + 1, sequence - 1])
            after = sequence
        return holes

    def ack(self, logid, digest=None):
        super().ack(logid, digest or self.ends.get(logid, GENESIS))


class Office:
    def __init__(self, folder, days, cuts, seed):
        random.seed(seed)
        self.world = world = World(folder, 240, ntp=NTP)
        self.committed, self.tried = Written(folder + "/committed"), Written(folder + "/tried")
        world.promised = Written(folder + "/promised")
        world.centre = Ledger(world.time, world.broker, self.committed)
        world.centre_ms = 2000
        world.ntp = self.network_time
        self.days = days
        self.until = days * DAY
        self.cuts = sorted([random.randint(1, self.until - 1) for _ in range(cuts)])
        self.restarts = self.lost = self.number = self.inside = 0

    def run(self):
        world = self.world
        for number, cut in enumerate(self.cuts + [self.until]):
            inside = number % 2 == 0
            while world.time.ms < cut:
                end = min(cut, world.time.ms + 3 * DAY)
                # Half of the cuts come inside a step of the flash, some time after the previous one.
                step = random.randint(20, 600) if inside else None
                world.live(self.hours(end), step, torn=bool(random.randint(0, 1)))
                self.inside += world.broken is not None and not world.board.was_reset
                inside = False
                self.world.time.ms += random.randint(1000, 600_000)
            gc.collect()
        world.wlan.air = True
        world.live(self.evening)
        for file in (self.committed, self.tried, world.promised):
            file.close()

    def hours(self, end):
        async def story(world):
            world.cards = Quick()
            world.app.taps.reader = world.cards
            while world.time.ms < end:
                await self.next_event(world, end)

        return story

    async def next_event(self, world, end):
        back = self.weather(world)
        wait = 1000 if back else random.randint(1000, 2 * DAY // TAPS)
        await asyncio.sleep_ms(max(1000, min(wait, end - world.time.ms)))
        if world.time.ms >= end:
            return
        self.number += 1
        ref = uid(self.number)
        self.tried.append("%s %d" % (ref, world.now()))
        world.tried = []
        world.cards.came.set()
        await world.tap(ref)
        if random.randint(0, 3 if back else 40) == 0:
            await self.restart_broker(world)

    # The broker dies with all it had: what it had acknowledged and not handed on, and what it had retained.
    async def restart_broker(self, world):
        for _ in range(300):
            if world.centre.queue:
                break
            await asyncio.sleep_ms(1000)
        await asyncio.sleep_ms(random.randint(0, 4000))
        self.restarts += 1
        self.lost += len(world.centre.queue)
        world.centre.queue = []
        world.broker.up = False
        world.broker.cut()
        world.broker.retained.clear()
        await asyncio.sleep_ms(random.randint(1000, 300_000))
        world.broker.up = True
        world.centre.online(True)

    # The network is up for 30 % of the time, in stretches of hours. Gives whether it came back just now.
    def weather(self, world):
        before, world.wlan.air = world.wlan.air, world.time.ms // (DAY // 24) % 10 < 3
        world.wlan.isconnected()
        world.centre.delay = 5000
        world.broker.up = True
        return world.wlan.air and not before

    async def network_time(self, packet):
        since_1900 = self.world.now() + 2_208_988_800
        return b"\x24\x02" + bytes(22) + packet[40:48] + bytes(8) + since_1900.to_bytes(4, "big") + bytes(4)

    async def evening(self, world):
        world.cards = Quick()
        world.app.taps.reader = world.cards
        world.centre.delay = 200
        world.broker.up = True
        await world.until(world.drained, 4 * 3600_000)


def main(folder, days, cuts, seed):
    office = Office(folder, int(days), int(cuts), int(seed))
    office.run()
    world = office.world
    assert "ntp" in SETTINGS and world.settings["ntp"] == NTP
    print("tried=%d" % office.tried.count)
    print("promised=%d" % world.promised.count)
    print("boots=%d" % world.nvs.number)
    print("cuts_inside_a_flash_step=%d" % office.inside)
    print("broker_restarts=%d" % office.restarts)
    print("lost_by_broker=%d" % office.lost)
    print("sent_again=%d" % world.centre.again)
    print("last=%d" % world.app.log.next)
    print("logid=" + world.app.log.logid)


main(*sys.argv[1:5])
