# The whole firmware in a small world: taps, power, network, centre, clock.

import asyncio

from world import NAME, SITE, START, World, uid

from firmware.readers.tap import Trouble
from firmware.texts import lines

FOLDER = ""


def world(**changes):
    return World(FOLDER, **changes)


def words(events):
    return [event["data"]["event"] for event in events]


def test_a_tap_is_stored_told_published_and_confirmed():
    w = world()

    async def story(w):
        assert await w.tap(uid(1)) == "recorded"
        assert await w.tap(uid(1)) == "again"
        assert await w.tap(uid(2)) == "recorded"
        await w.until(w.drained)
        await asyncio.sleep_ms(6000)
        assert await w.tap(uid(1)) == "recorded", "after five seconds it is another tap"
        await w.until(lambda: len(w.centre.facts()) == 3)
        await asyncio.sleep_ms(70_000)
        await w.until(w.drained)

    w.live(story)
    facts = w.centre.facts()
    assert [event["subject"] for event in facts] == ["card:" + uid(number) for number in (1, 2, 1)]
    assert [event["source"] for event in facts] == ["/" + SITE + "/" + NAME] * 3
    assert [len(event["id"]) for event in facts] == [29] * 3
    w.centre.check_chains()
    assert words(w.centre.facts("audit"))[:2] == ["log-created", "software-started"]
    check_checkpoints(w)
    assert w.board.fed > 60 and not w.broker.wrong
    assert w.app.log.confirmed == w.app.log.next - 1


def check_checkpoints(w):
    from contract.chain import entry_hash
    from contract.checkpoint import signed_text
    from firmware.mac import hmac_sha256

    points = w.centre.facts("checkpoint")
    assert points
    for event in points:
        data = event["data"]
        before = w.centre.logs[event["logid"]][int(event["sequence"]) - 1]
        assert data["hash"] == entry_hash(before) == event["prevhash"]
        text = signed_text(event["logid"], int(data["sequence"]), data["hash"])
        assert data["signature"] == hmac_sha256(b"\x0b" * 32, text).hex()


def test_without_a_network_taps_are_stored_and_arrive_later_in_order():
    w = world()
    w.wlan.air = False

    async def dark(w):
        for number in range(30):
            assert await w.tap(uid(number)) == "recorded"
            await asyncio.sleep_ms(60_000)

    w.live(dark)
    assert not w.centre.logs
    w.wlan.air = True

    async def light(w):
        await w.until(lambda: len(w.centre.facts()) == 30)

    w.live(light)
    facts = w.centre.facts()
    assert [event["subject"][5:] for event in facts] == [uid(number) for number in range(30)]
    assert ["time" in event for event in facts] == [False] * 30, "nobody knew the time"
    assert {event["data"]["clock"]["state"] for event in facts} == {"unset"}
    boots = [event["data"]["clock"]["boot"] for event in facts]
    ticks = [event["data"]["clock"]["ticks_ms"] for event in facts]
    assert boots == [1] * 30 and ticks == sorted(ticks) and ticks[1] - ticks[0] > 59_000
    stamps = [event["recordedtime"] for event in facts]
    assert stamps == sorted(stamps)
    w.centre.check_chains()


def test_time_comes_from_the_battery_clock_and_goes_with_its_battery():
    w = world(rtc=True)
    w.rtc.writeto_mem(0x68, 0, b"\x00\x00\x00\x02\x19\x01\x26")
    w.rtc.status = 0

    async def story(w):
        await w.tap(uid(w.app.recorder.boot))
        await w.until(w.drained)

    w.live(story)
    w.rtc.power_cut()
    w.live(story)
    w.rtc.battery = False
    w.rtc.power_cut()
    w.live(story)
    facts = w.centre.facts()
    assert [event["data"]["clock"]["state"] for event in facts] == ["synced", "synced", "unset"]
    assert facts[0]["time"].startswith("2026-01-19T07:00:") and "time" not in facts[2]
    assert facts[2]["recordedtime"] > facts[1]["recordedtime"], "an unset clock does not go back"
    assert w.board.system >= START, "TLS has a time that is surely past"
    assert "clock-lost" in words(w.centre.facts("audit"))


def command(w, verb, **arguments):
    import json

    topic = "ketuk/v1/" + SITE + "/" + NAME
    arguments["request"] = "r1"
    w.broker.retained.pop(topic + "/reply/" + verb, None)
    w.broker.keep, w.broker.taken = True, []
    w.broker.publish(topic + "/cmd/" + verb, json.dumps(arguments).encode())


def reply(w, verb):
    import json

    found = [one[1] for one in w.broker.taken if one[0].endswith("/reply/" + verb)]
    return json.loads(found[0]) if found else None


def test_commands_are_answered():
    w = world()
    replies = {}

    async def ask(w, verb, **arguments):
        command(w, verb, **arguments)
        await w.until(lambda: reply(w, verb) is not None)
        answer = reply(w, verb)
        replies.setdefault(verb, []).append(answer)
        return answer

    async def story(w):
        await w.tap(uid(1))
        await w.until(w.drained)
        assert (await ask(w, "ping"))["result"]["clock"] == "unset"
        await ask(w, "sync-clock", time="2026-01-19T07:30:00+07:00")
        assert w.app.clock.state == "synced" and w.app.clock.short() in ("07.30", "07.31")
        assert not (await ask(w, "sync-clock", time="2016-01-19T07:30:00+07:00"))["ok"], "before the firmware was built"
        assert not (await ask(w, "sync-clock", time="yesterday"))["ok"]
        await ask(w, "sync-clock", time=w.app.clock.text())
        before = w.centre.again
        assert (await ask(w, "replay", **{"from": 1, "to": 3}))["result"]["count"] == 3
        await w.until(lambda: w.centre.again == before + 3)
        assert not (await ask(w, "replay", **{"from": 3, "to": 1}))["ok"]
        assert not (await ask(w, "users"))["ok"] and not (await ask(w, "format"))["ok"]
        assert "update.key" in (await ask(w, "update", url="http://x/"))["error"]
        await w.tap(uid(2))
        await w.until(w.drained)

    w.live(story)
    sync = [answer["result"] for answer in replies["sync-clock"] if answer["ok"]]
    assert [one["set"] for one in sync] == [True, False] and sync[0]["offsets_s"] == {NAME: None}
    last = w.centre.facts()[-1]
    assert last["data"]["clock"]["state"] == "synced" and last["time"].startswith("2026-01-19T07:")
    events = words(w.centre.facts("audit"))
    assert "clock-synced" in events and "command-received" in events


def test_a_full_log_refuses_out_loud_and_takes_again_when_there_is_room():
    w = world(log={"capacity": 100})
    w.centre.acking = False

    async def story(w):
        said = []
        for number in range(110):
            said.append(await w.tap(uid(number)))
        assert said[0] == "recorded" and "recorded-loud" in said and said[-1] == "full"
        assert said.index("recorded-loud") <= 80
        w.centre.acking = True
        for logid in w.centre.logs:
            w.centre.ack(logid)
        await w.until(lambda: w.app.log.fill < 80)
        assert await w.tap(uid(200)) == "recorded"
        await w.until(w.drained)

    w.live(story)
    assert sorted(event["subject"][5:] for event in w.centre.facts()) == sorted(w.promised)
    events = words(w.centre.facts("audit"))
    assert events.count("disk-80") == 1 and "disk-full" in events


def test_two_cards_bad_frames_and_a_dead_reader_are_told_and_make_no_tap():
    w = world()

    async def story(w):
        for word in ("two-cards", "bad-frame", "unknown-finger", "reader-dead"):
            w.said = None
            w.cards.waiting.append(Trouble(word, "why"))
            await w.until(lambda: w.said == word)  # noqa: B023 - awaited at once
            await w.until(lambda: w.board.screen.shown[-1] == " ".join(lines(word, "id", None)).strip())  # noqa: B023
        assert w.app.taps.state == "silent" and w.app.feedback.idle == "reader-dead"
        w.cards.waiting.append(Trouble("reader-back", "why"))
        await w.until(lambda: w.app.taps.state == "ok")
        assert await w.tap("08A1B2C3", ("random-uid",)) == "random-uid"
        await w.until(w.drained)

    w.live(story)
    facts = w.centre.facts()
    assert len(facts) == 1 and facts[0]["data"]["device"]["flags"] == ["random-uid"]
    events = words(w.centre.facts("audit"))
    assert "device-silent" in events and "device-back" in events


def test_power_cuts_at_random_steps_lose_nothing_that_was_promised():
    w = world()
    w.wlan.air = False

    async def taps(w):
        for _ in range(12):
            await w.tap(uid(len(w.tried)))

    cut = 3
    while cut < 120:
        w.live(taps, cut_at=cut, torn=cut % 2 == 0)
        cut += 7
    w.wlan.air = True

    async def light(w):
        await w.tap(uid(len(w.tried)))
        await w.until(w.drained)

    w.live(light)
    held = [event["subject"][5:] for event in w.centre.facts()]
    assert len(set(held)) == len(held)
    for ref in w.promised:
        assert ref in held, "lost: " + ref
    for ref in held:
        assert ref in w.tried
    w.centre.check_chains()
    assert "log-damaged" not in words(w.centre.facts("audit"))


def test_a_data_flash_that_cannot_be_read_is_formatted_once_and_said():
    w = world()

    async def story(w):
        assert await w.tap(uid(1)) == "recorded"
        await w.until(w.drained)

    w.live(story)
    first = w.app.log.logid
    with open(w.path, "r+b") as file:
        file.write(b"\x55" * 8192)
    w.live(story)
    assert w.app.log.logid != first
    w.live(story)
    events = words(w.centre.facts("audit"))
    assert events.count("log-damaged") == 1 and w.app.recorder.boot == 3
    w.centre.check_chains()


def test_a_restart_without_loss_of_power_keeps_the_time_and_a_power_cut_does_not():
    w = world()

    async def set_and_reset(w):
        w.app.times.take(w.now(), "ntp")
        await w.tap(uid(1))
        await asyncio.sleep_ms(5000)
        w.board.reset()

    async def tap(w):
        await w.tap(uid(w.app.recorder.boot))
        await w.until(w.drained)

    w.live(set_and_reset)
    w.live(tap)
    w.live(tap)
    states = [event["data"]["clock"]["state"] for event in w.centre.facts()]
    assert states == ["synced", "holdover", "unset"], states


def test_two_hours_without_an_address_restart_the_board():
    w = world()
    w.wlan.air = False

    async def dark(w):
        await asyncio.sleep_ms(3 * 3600 * 1000)

    w.live(dark)
    assert w.board.was_reset and 7_200_000 < w.time.ms < 7_600_000


def test_the_watchdog_starves_when_a_task_hangs():
    w = world()

    async def story(w):
        await asyncio.sleep_ms(5000)
        fed = w.board.fed

        async def never():
            await asyncio.sleep_ms(10_000_000)

        w.cards.poll = never
        await asyncio.sleep_ms(120_000)
        assert w.app.vitals.overdue() == ["taps"], w.app.vitals.overdue()
        assert w.board.fed - fed < 30

    w.live(story)


def test_what_people_see_is_distinct_and_names_nobody():
    from firmware.texts import WORDS, tones

    looks = set()
    for word in WORDS:
        look = (tuple(tones(word)), tuple(lines(word, "id", "07.28")))
        assert look not in looks
        looks.add(look)
        for language in ("id", "en"):
            assert all(len(line) <= 16 for line in lines(word, language, "07.28")), word
    assert len({tuple(tones(word)) for word in WORDS}) == len(WORDS) and len(WORDS) > 8
    assert lines("recorded", "id", "07.28") == ["Tercatat", "07.28"]
    assert lines("recorded", "id", None) == ["Tercatat", ""]
    w = world()

    async def story(w):
        await w.tap(uid(1))
        await asyncio.sleep_ms(1000)

    w.live(story)
    assert "Tercatat" in " ".join(w.board.screen.shown) and uid(1) not in " ".join(w.board.screen.shown)
    assert (0, 1, 0) in w.board.screen.colours and 2400 in w.board.screen.tones
