# `micropython month.py FOLDER DAYS CUTS SEED`: an office for so many days. 300 taps a day, the network there for 30 %
# of the time, power cuts between and inside flash steps, a broker that restarts and has lost what it had acknowledged.
# At the end the centre must hold every tap that a person was told is recorded, once, and every chain must be whole.

import asyncio
import gc
import random
import sys

from world import Cards, World, uid

DAY = 86_400_000
TAPS = 300


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


class Office:
    def __init__(self, folder, days, cuts, seed):
        random.seed(seed)
        self.world = World(folder, 240)
        self.world.centre_ms = 2000
        self.days = days
        self.until = days * DAY
        self.cuts = sorted([random.randint(1, self.until - 1) for _ in range(cuts)])
        self.restarts = self.lost = 0
        self.number = 0

    def run(self):
        world = self.world
        for cut in self.cuts + [self.until]:
            self.cut = cut
            inside = random.randint(0, 1)
            while world.time.ms < cut:
                end = min(cut, world.time.ms + 3 * DAY)
                # Half of the cuts come inside a step of the flash, some time after the previous start.
                world.live(self.hours(end), random.randint(20, 4000) if inside else None, bool(random.randint(0, 1)))
                inside = 0
                self.world.time.ms += random.randint(1000, 600_000)
            gc.collect()
        world.wlan.air = True
        world.live(self.evening)

    def hours(self, end):
        async def story(world):
            world.cards = Quick()
            world.app.reader = world.cards
            while world.time.ms < end:
                await self.next_event(world, end)

        return story

    async def next_event(self, world, end):
        self.weather(world)
        wait = random.randint(1000, 2 * DAY // TAPS)
        await asyncio.sleep_ms(max(1000, min(wait, end - world.time.ms)))
        if world.time.ms >= end:
            return
        self.number += 1
        world.cards.came.set()
        await world.tap(uid(self.number))
        if random.randint(0, 40) == 0:  # the broker dies with what it had acknowledged and not handed on
            await asyncio.sleep_ms(random.randint(0, 6000))
            self.restarts += 1
            self.lost += len(world.centre.queue)
            world.centre.queue = []
            world.broker.cut()

    # Up for 30 % of the time, in stretches of hours.
    def weather(self, world):
        world.wlan.air = world.time.ms // (DAY // 24) % 10 < 3
        world.wlan.isconnected()
        world.centre.delay = 5000

    async def evening(self, world):
        world.cards = Quick()
        world.app.reader = world.cards
        world.centre.delay = 200
        await world.until(lambda: len(world.centre.facts()) >= len(world.promised) and world.drained(), 4 * 3600_000)


def main(folder, days, cuts, seed):
    office = Office(folder, int(days), int(cuts), int(seed))
    office.run()
    world = office.world
    world.centre.check_chains(whole=False)
    held = [event["subject"][5:] for event in world.centre.facts()]
    promised = world.promised
    assert len(set(held)) == len(held), "a tap is held twice"
    lost = [ref for ref in promised if ref not in set(held)]
    assert not lost, "lost: %d of %d, first %s" % (len(lost), len(promised), lost[0])
    invented = [ref for ref in held if ref not in set(world.tried)]
    assert not invented, invented
    log = world.app.log
    assert world.centre.through[log.logid] >= log.next - 2, (world.centre.through, log.next)
    again = [1 for places in world.centre.punches.values() if any([len(one) > 1 for one in places.values()])]
    assert not again, "one fact under two sequences of one log"
    print("days=" + days)
    print("taps=%d" % len(promised))
    print("boots=%d" % world.nvs.number)
    print("broker_restarts=%d" % office.restarts)
    print("lost_by_broker=%d" % office.lost)
    print("sent_again=%d" % world.centre.again)
    print("logs=%d" % len(world.centre.logs))
    print("last=%d" % log.next)


main(*sys.argv[1:5])
