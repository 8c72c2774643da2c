# A whole life of the firmware, again and again, with power gone at every single program and erase of its flash.

from centre import Centre
from flash import copy
from world import uid

from contract.entry import parse


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
    for log in w.centre.logs.values():
        ids = [parse(raw)["id"] for raw in log.values()]
        assert len(set(ids)) == len(ids), "a fact stands in a log twice"
    w.centre.check_chains(whole=False)
    logid = w.app.log.logid
    assert not w.centre.missing(logid), w.centre.missing(logid)
