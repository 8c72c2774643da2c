# The whole firmware and a centre or broker that forgets: what is sent again, and what is not.

import asyncio

from world import World, uid

FOLDER = ""


def world(**changes):
    return World(FOLDER, **changes)


def words(events):
    return [event["data"]["event"] for event in events]


def test_a_centre_that_knows_another_history_gets_a_new_log():
    w = world()

    async def story(w):
        for number in range(20):
            await w.tap(uid(number))
        await w.until(w.drained)
        old = w.app.log.logid
        w.centre.acking = False
        for number in range(20, 30):
            await w.tap(uid(number))
        await asyncio.sleep_ms(5000)
        w.centre.acking = True
        w.centre.ack(old, digest="ab" * 32)
        await w.until(lambda: w.app.log.logid != old)
        await w.tap(uid(30))
        await w.until(w.drained)
        assert w.centre.through[w.app.log.logid] >= 11

    w.live(story)
    assert sorted(event["subject"][5:] for event in w.centre.facts()) == [uid(number) for number in range(31)]
    w.centre.check_chains()
    assert "log-forked" in words(w.centre.facts("audit"))


def test_a_centre_restored_from_a_backup_gets_everything_again():
    w = world()

    async def story(w):
        for number in range(40):
            await w.tap(uid(number))
        await w.until(w.drained)
        w.centre.forget(w.app.log.logid, 10)
        await w.until(lambda: len(w.centre.facts()) == 40)
        await w.until(lambda: "watermark-back" in words(w.centre.facts("audit")))
        await w.until(w.drained)

    w.live(story)
    w.centre.check_chains()


def test_what_a_broker_lost_is_sent_again_once_it_is_noticed():
    w = world()

    async def story(w):
        await w.tap(uid(1))
        await w.until(w.drained)
        w.centre.delay = 10_000
        for number in range(2, 12):
            await w.tap(uid(number))
        await asyncio.sleep_ms(2000)
        assert len(w.centre.queue) >= 10
        w.centre.queue = []
        w.broker.cut()
        w.centre.delay = 200
        await w.until(lambda: len(w.centre.facts()) == 11)
        await w.until(w.drained)

    w.live(story)
    w.centre.check_chains()


# Without a key there are no checkpoints: no later entry shows the centre that one is missing.
def test_what_a_broker_lost_last_is_sent_again_though_nothing_follows():
    w = world(mac={"key": ""})

    async def story(w):
        await w.tap(uid(1))
        await asyncio.sleep_ms(70_000)
        await w.until(w.drained)
        w.centre.delay = 10_000
        await w.tap(uid(2))
        await asyncio.sleep_ms(2000)
        last = w.app.log.next - 1
        assert w.app.log.published == last and len(w.centre.queue) == 1
        w.centre.queue = []
        w.centre.delay = 200
        lost = w.time.ms
        await w.until(lambda: len(w.centre.facts()) == 2)
        assert 55_000 < w.time.ms - lost < 75_000, w.time.ms - lost
        assert w.app.log.next - 1 == last and w.centre.again == 0

    w.live(story)
    w.centre.check_chains()


def test_what_was_sent_and_not_acknowledged_is_sent_again_by_the_next_connection():
    w = world()

    async def story(w):
        await w.tap(uid(0))
        await w.until(w.drained)
        w.broker.silent = True
        w.broker.on_publish = None  # and nothing gets through
        published = w.app.log.published
        await w.tap(uid(1))
        await asyncio.sleep_ms(1000)
        w.broker.silent = False  # later ones are acknowledged, the first never is
        for number in range(2, 4):
            await w.tap(uid(number))
        await asyncio.sleep_ms(3000)
        assert w.app.log.published == published
        w.broker.silent = False
        w.broker.on_publish = w.centre.published
        w.broker.cut()
        await w.until(lambda: len(w.centre.facts()) == 4, 30_000)

    w.live(story)
    w.centre.check_chains(whole=False)


def test_missing_ranges_are_sent_again_and_nothing_else():
    w = world()

    async def story(w):
        for number in range(10):
            await w.tap(uid(number))
        await w.until(w.drained)
        logid = w.app.log.logid
        for sequence in (4, 5, 8):
            del w.centre.logs[logid][sequence]
        w.centre.through[logid] = 3
        w.centre.ack(logid)
        await w.until(lambda: 8 in w.centre.logs[logid])
        await asyncio.sleep_ms(20_000)
        await w.until(w.drained)

    w.live(story)
    assert w.centre.again <= 12, w.centre.again
    w.centre.check_chains()
