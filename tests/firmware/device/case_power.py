# The whole firmware, with power gone at every single program and erase of its flash: a first start from a blank chip;
# a day's work of taps, rotation, publishing, watermarks, marks and deletion; a fork and its carrying over.

import asyncio

from flash import copy
from world import Centre, World, uid

from firmware.log import segment

FOLDER = ""


# A world that can be put back to where `save` was called: its flash, and all the centre holds.
class Saved:
    def __init__(self, world):
        self.world = world
        world.device.close()
        self.path = world.path + ".saved"
        copy(world.path, self.path)
        self.logs = {logid: dict(held) for logid, held in world.centre.logs.items()}
        self.through = dict(world.centre.through)
        self.retained = dict(world.broker.retained)
        self.promised, self.tried = list(world.promised), list(world.tried)
        self.boots = world.nvs.number

    def restore(self):
        world = self.world
        copy(self.path, world.path)
        world.broker.retained = dict(self.retained)
        world.centre = Centre(world.time, world.broker)
        world.centre.logs = {logid: dict(held) for logid, held in self.logs.items()}
        world.centre.through = dict(self.through)
        world.promised, world.tried = list(self.promised), list(self.tried)
        world.nvs.number = self.boots


async def taps(w, count):
    for _ in range(count):
        await w.tap(uid(len(w.tried)))


async def settle(w):
    await taps(w, 1)
    await w.until(w.drained)


# Let `story` happen again and again from the same beginning, with power gone at a later step each time, until it ends;
# then power comes back for good. Gives the number of steps.
def cut_everywhere(w, story):
    saved = Saved(w)
    cut, whole = 0, False
    while not whole:
        cut += 1
        for torn in (True, False):
            saved.restore()
            w.live(story, cut, torn)
            whole = w.broken is None
            w.live(settle)
            check(w)
    print("power was cut at each of", cut, "steps")
    return cut


def check(w):
    facts = w.centre.facts()
    held = [event["subject"][5:] for event in facts]
    assert len(set(held)) == len(held), "a tap is held twice"
    for ref in w.promised:
        assert ref in held, "a promised tap was lost: " + ref
    for ref in held:
        assert ref in w.tried, "a tap was invented: " + ref
    w.centre.check_chains(whole=False)
    logid = w.app.log.logid
    assert not w.centre.missing(logid), w.centre.missing(logid)


def words(w):
    return [event["data"]["event"] for event in w.centre.facts("audit")]


def test_power_cut_at_every_step_of_the_first_start():
    w = World(FOLDER, 16)

    async def story(w):
        await taps(w, 2)
        await w.until(w.drained)

    assert cut_everywhere(w, story) > 20


def test_power_cut_at_every_step_of_a_days_work():
    segment.ENTRIES = 8
    w = World(FOLDER, 24)
    w.live(settle)
    deleted = [False]

    async def story(w):
        oldest = w.app.log.oldest
        await taps(w, 5)
        await w.until(w.drained)
        await taps(w, 5)
        await asyncio.sleep_ms(61_000)  # a checkpoint, and the marks
        await w.until(w.drained)
        await asyncio.sleep_ms(2000)
        deleted[0] = w.app.log.oldest > oldest

    try:
        assert cut_everywhere(w, story) > 40
    finally:
        segment.ENTRIES = 64
    assert deleted[0], "nothing was rotated and deleted"
    assert "log-damaged" not in words(w) and "log-forked" not in words(w)


def test_power_cut_at_every_step_of_a_fork():
    segment.ENTRIES = 8
    w = World(FOLDER, 24)

    async def dark(w):
        await settle(w)
        w.centre.acking = False
        await taps(w, 9)
        await asyncio.sleep_ms(3000)

    w.live(dark)
    forked = [False]

    async def story(w):
        old = w.app.log.logid
        w.centre.ack(old, digest="ab" * 32)
        await w.until(lambda: w.app.log.logid != old)
        await taps(w, 2)
        await w.until(w.drained)
        forked[0] = True

    try:
        assert cut_everywhere(w, story) > 30
    finally:
        segment.ENTRIES = 64
    assert forked[0]
