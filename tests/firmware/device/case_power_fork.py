# The whole firmware, with power gone at every step of a fork and of its carrying over.

import asyncio

from power import cut_everywhere, settle, taps
from world import World

from firmware.log import segment

FOLDER = ""


def test_power_cut_at_every_step_of_a_fork():
    segment.ENTRIES = 4
    w = World(FOLDER, 24)

    async def dark(w):
        await settle(w)
        w.centre.acking = False
        await taps(w, 5)
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
