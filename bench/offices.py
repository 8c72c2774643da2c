"""A regency's worth of gateways for the bench of the centre: their logs, and a process that publishes them."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from multiprocessing.connection import Connection

import paho.mqtt.client as paho

from central.ingest.arrival import Arrival
from central.keyring import Keyring
from contract.checkpoint import MOST, key_name
from tests.brokers import HOST
from tests.central.chain import KEY, Chain, public

WINDOW = 20
_LATE = timedelta(milliseconds=412)
_DAY = datetime(2026, 11, 24, tzinfo=timezone(timedelta(hours=7)))


def office(number: int, count: int = 0) -> Chain:
    """The log of one gateway with `count` entries: punches, each at a second of its own, signed every 500."""
    chain = Chain(f"site-{number:04d}", "gw1", f"{number:08x}")
    while len(chain.raws) < count:
        at = len(chain.raws)
        when = _DAY + timedelta(seconds=(number * 977 + at * 7) % 86400)
        times = {"time": when.isoformat(), "recorded": (when + _LATE).isoformat()}
        chain.punch(f"pin:{at % 10000}", id=f"{number:016x}{at:016x}", raw=f"{at:064x}", **times)
        if len(chain.raws) % MOST == MOST - 1:
            chain.signs()
    return chain


def keyring(count: int) -> Keyring:
    """The keys of the gateways 0..count-1, as the provisioning would note them."""
    ring, half = Keyring(), bytes.fromhex(public(KEY))
    for number in range(count):
        ring.publics[office(number).site, "gw1"][key_name(half)] = half
    return ring


def in_turn(chains: list[Chain]) -> Iterator[Arrival]:
    """Their entries as they come when all of them send at once."""
    for row in zip(*(chain.messages() for chain in chains), strict=True):
        yield from row


def publish(port: int, numbers: list[int], count: int, line: Connection) -> None:
    """Body of a process: the logs of the gateways `numbers`, at most WINDOW without a PUBACK, as gateways do.

    It says when it is ready, starts when it is told to, and says when the last PUBACK came.
    """
    messages = list(in_turn([office(number, count) for number in numbers]))
    room = threading.Semaphore(WINDOW)
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=f"bench-{numbers[0]}")
    client.max_inflight_messages_set(WINDOW)
    client.on_publish = lambda *_: room.release()
    client.connect(HOST, port)
    client.loop_start()
    line.send("ready")
    line.recv()
    before = time.perf_counter()
    for message in messages:
        room.acquire()
        client.publish(message.topic, message.payload, qos=1)
    for _ in range(WINDOW):
        room.acquire()
    line.send(time.perf_counter() - before)
    client.disconnect()
    client.loop_stop()
