# The whole firmware, with power gone at every step: a first start from a blank chip; a day's work of taps, rotation,
# publishing, watermarks, marks and deletion.

import asyncio

from power import cut_everywhere, settle, taps
from world import World

from firmware.log import segment

FOLDER = ""


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
