# `micropython publishes.py HOST PORT COUNT PID`: so many publishes to a real broker through the reader's own client,
# the first with the packet id after PID. Each payload is its number. Prints what was acknowledged.

import asyncio
import sys

from firmware import net
from firmware.mqtt import Client
from firmware.vitals import Uptime

HELLO = ("pintu-1", "t/status", b"lost", None, None)
WINDOW = 8


class Publishes:
    def __init__(self, host, port, count, pid):
        self.count = int(count)
        self.settled = bytearray(self.count)
        self.wraps = self.most = 0
        self.client = Client(lambda: net.connect(host, int(port)), Uptime(), WINDOW)
        self.client.received = lambda topic, payload: None
        self.client.settled = self.settle
        self.client._pid = int(pid)

    def settle(self, number):
        self.settled[number] = min(255, self.settled[number] + 1)

    async def work(self):
        client = self.client
        for number in range(self.count):
            before = client._pid
            await client.publish("t/number", b"%d" % number, tag=number)
            self.wraps += client._pid < before
            self.most = max(self.most, len(client._flying))
        await client.flush()
        await client.disconnect()


def main(*given):
    publishes = Publishes(*given)
    asyncio.run(publishes.client.run(HELLO, publishes.work))
    print("acknowledged=%d" % sum(publishes.settled))
    print("once=%d" % sum(times == 1 for times in publishes.settled))
    print("wraps=%d" % publishes.wraps)
    print("in_flight=%d" % publishes.most)


main(*sys.argv[1:5])
