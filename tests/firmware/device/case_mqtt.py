# The MQTT client against a broker in memory that has every bad habit the facts name.

import asyncio

from vtime import VirtualTime
from wire import Broker

from firmware.mqtt import Client, Refused
from firmware.vitals import Uptime

HELLO = ("pintu-1", "t/status", b'{"state":"lost"}', None, None)


class Bench:
    def __init__(self, window=4):
        self.time = VirtualTime()
        self.broker = Broker()
        self.heard, self.settled = [], []
        self.client = Client(self.broker.connect, Uptime(self.time.ticks_ms), window)
        self.client.received = lambda topic, payload: self.heard.append((topic, payload))
        self.client.settled = self.settled.append

    def run(self, work):
        asyncio.run(self.client.run(HELLO, work))

    # The error that a connection with this work ends with.
    def error(self, work):
        try:
            self.run(work)
        except OSError as error:
            return error
        return None


async def forever():
    while True:
        await asyncio.sleep_ms(1000)


def test_it_connects_publishes_and_says_goodbye():
    bench = Bench()

    async def work():
        for number in range(10):
            await bench.client.publish("t/log/punch", b"entry %d" % number, tag=number)
        await bench.client.flush()
        await bench.client.disconnect()

    bench.run(work)
    assert bench.settled == list(range(10))
    assert [payload for _, payload, _, _, _ in bench.broker.taken] == [b"entry %d" % number for number in range(10)]
    assert bench.broker.connects == [("pintu-1", 0x2E, 60)], "clean session, will retained at QoS 1"
    assert "t/status" not in bench.broker.retained and not bench.broker.wrong


def test_seventy_thousand_publishes_wrap_the_packet_id():
    bench = Bench(8)
    bench.broker.keep = False
    bench.broker.pids = set()
    done = [0]

    async def work():
        for _ in range(70000):
            await bench.client.publish("t", b"x")
            done[0] += 1
        await bench.client.flush()

    bench.run(work)
    assert bench.broker.count == 70000 and done[0] == 70000 and not bench.broker.wrong
    assert len(bench.broker.pids) == 65535 and min(bench.broker.pids) == 1


def test_a_second_puback_means_nothing():
    bench = Bench()
    bench.broker.twice = True

    async def work():
        for number in range(20):
            await bench.client.publish("t", b"x", tag=number)
        await bench.client.flush()

    bench.run(work)
    assert bench.settled == list(range(20))


def test_session_present_is_no_error():
    bench = Bench()
    bench.broker.session_present = True

    async def work():
        await bench.client.publish("t", b"x", tag=1)
        await bench.client.flush()

    bench.run(work)
    assert bench.settled == [1]


def test_the_window_holds():
    bench = Bench(3)
    bench.broker.silent = True

    async def work():
        for number in range(10):
            await bench.client.publish("t", b"x", tag=number)

    error = bench.error(work)
    assert "does not answer" in str(error) and bench.broker.count == 3


def test_the_end_of_the_stream_is_an_oserror_at_once():
    bench = Bench()
    bench.broker.hang_up_after = 5

    async def work():
        while True:
            await bench.client.publish("t", b"x")
            await asyncio.sleep_ms(10)

    error = bench.error(work)
    assert isinstance(error, OSError) and bench.time.ms < 2_000, error


def test_a_refusal_says_why():
    bench = Bench()
    bench.broker.refuse = 5
    error = bench.error(forever)
    assert isinstance(error, Refused) and "not authorised" in str(error)


def test_no_broker_and_no_answer_are_errors():
    bench = Bench()
    bench.broker.up = False
    assert isinstance(bench.error(forever), OSError)
    bench = Bench()

    async def nobody():
        from wire import Pipe, Stream

        stream = Stream(Pipe(), Pipe())
        return stream, stream

    bench.client._connect = nobody
    assert "does not answer" in str(bench.error(forever))
    assert 29_000 < bench.time.ms < 40_000


def test_an_idle_line_is_kept_alive_and_a_dead_one_noticed():
    bench = Bench()

    async def work():
        await asyncio.sleep_ms(600_000)

    bench.run(work)
    assert 15 <= bench.broker.pings <= 25, bench.broker.pings
    bench = Bench()

    async def mute():
        bench.broker.sessions[0].down.put = lambda raw: None
        await asyncio.sleep_ms(600_000)

    assert "does not answer" in str(bench.error(mute))
    assert bench.time.ms < 120_000


def test_messages_come_in_and_large_ones_are_dropped_but_acknowledged():
    bench = Bench()

    async def work():
        await bench.client.subscribe(["t/ack", "t/cmd/+"])
        bench.broker.publish("t/ack", b"a" * 5000)
        bench.broker.publish("t/cmd/ping", b"b" * 20000)
        bench.broker.publish("t/other", b"c")
        bench.broker.publish("t/cmd/ping", b"d")
        while len(bench.heard) < 2:
            await asyncio.sleep_ms(10)

    bench.run(work)
    assert [(topic, len(payload)) for topic, payload in bench.heard] == [("t/ack", 5000), ("t/cmd/ping", 1)]
    assert bench.client.dropped == 1


def test_rubbish_from_the_broker_ends_the_connection_and_nothing_else():
    for raw in (
        b"\x30\x02\x00\x09",
        b"\x40\xff\xff\xff\xff\x01",
        b"\x36\x05\x00\x01tab",
        b"\x90\x7f",
        b"\x30\x03\x00\x01\xff",
    ):
        bench = Bench()

        async def work():
            bench.broker.sessions[0].down.put(raw + b"\x00" * 200)  # noqa: B023 - run at once
            await asyncio.sleep_ms(60_000)

        error = bench.error(work)
        assert isinstance(error, OSError), raw


def test_a_cut_line_ends_everything_and_the_next_run_is_fresh():
    bench = Bench()

    async def work():
        await bench.client.publish("t", b"x", tag=1)
        bench.broker.cut()
        await asyncio.sleep_ms(60_000)

    assert isinstance(bench.error(work), OSError)
    assert not bench.client.connected

    async def again():
        await bench.client.publish("t", b"y", tag=2)
        await bench.client.flush()

    bench.run(again)
    assert 2 in bench.settled


def test_a_subscription_that_is_not_granted_is_an_error():
    for code in (0x80, 0x00):
        bench = Bench()

        async def work():
            session = bench.broker.sessions[0]  # noqa: B023 - run at once
            session._subscribe = lambda body: session.down.put(b"\x90\x03" + body[:2] + bytes((code,))) or True  # noqa: B023
            await bench.client.subscribe(["t"])  # noqa: B023

        assert "refuses a subscription" in str(bench.error(work))
