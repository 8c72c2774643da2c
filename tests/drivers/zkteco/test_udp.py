"""UDP: datagrams that are lost, doubled, late or damaged never become punches that were not there, nor fewer."""

import random
import struct

import pytest

from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE, event_12, row_8a, row_16, six, user_28
from tests.drivers.zkteco.conftest import drain, people, punches
from tests.drivers.zkteco.scripted import ScriptedTerminal

NAMES = [str(1001 + n) for n in range(600)]
LOG = b"".join(row_16(1001 + n, JUNE + 60 * n) for n in range(600))


def terminal(**more) -> ScriptedTerminal:
    return ScriptedTerminal(
        udp=True, log=LOG, counters=lambda self: bytes_of.sizes(len(self.log) // 16), chunk=1024, **more
    )


class Weather:
    """What becomes of each datagram, the same every time."""

    def __init__(self, seed: int, **chances: float) -> None:
        self._random = random.Random(seed)
        self._chances = chances
        self._late: list[bytes] = []

    def __call__(self, datagram: bytes) -> list[bytes]:
        out, self._late = self._late, []
        if self._happens("lost"):
            return out
        if self._happens("late"):
            self._late = [datagram]
            return out
        if self._happens("damaged"):
            datagram = datagram[:-1] + bytes((datagram[-1] ^ 0x40,))
        return [datagram, *out, *([datagram] if self._happens("doubled") else [])]

    def _happens(self, what: str) -> bool:
        return self._random.random() < self._chances.get(what, 0)


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("kind", ["lost", "late", "damaged", "doubled"])
def test_a_log_survives_bad_weather(connect, kind, buffered):
    with terminal(buffered=buffered) as device:
        driver = connect(device, timeout=0.6, reconcile=0.05)
        device.garble = Weather(7, **{kind: 0.08 if buffered else 0.02})
        found = []
        for _ in range(100):  # a read that fails altogether is made again after `reconcile`
            found += driver.poll(0.05)
            if len(people(found)) >= 600:
                break
        assert people(found) == NAMES


def test_two_datagrams_of_an_unbuffered_read_that_change_places(connect):
    """Nothing in the protocol tells: two reads that differ do."""
    reads = iter(range(100))

    def swapped(device, link, number, data):
        whole = struct.pack("<I", len(LOG)) + LOG
        pieces = [whole[at : at + 1024] for at in range(0, len(whole), 1024)]
        if next(reads) == 0:
            pieces[2], pieces[3] = pieces[3], pieces[2]
        device.reply(link, 1500, number, struct.pack("<II", len(whole), 1024))
        for piece in pieces:
            device.reply(link, 1501, number, piece)
        device.reply(link, 2000, number)

    with terminal(buffered=False, answers={13: swapped}) as device:
        assert people(drain(connect(device))) == NAMES
        assert device.commands()[13] == 3


def test_two_reads_that_agree_by_chance_in_a_wrong_order(connect):
    reads = iter(range(100))

    def swapped(device, link, number, data):
        whole = struct.pack("<I", len(LOG)) + LOG
        pieces = [whole[at : at + 1024] for at in range(0, len(whole), 1024)]
        if next(reads) < 2:
            pieces[2], pieces[3] = pieces[3], pieces[2]
        device.reply(link, 1500, number, struct.pack("<II", len(whole), 1024))
        for piece in pieces:
            device.reply(link, 1501, number, piece)
        device.reply(link, 2000, number)

    with terminal(buffered=False, answers={13: swapped}) as device:
        assert people(drain(connect(device))) == NAMES


@pytest.mark.parametrize("command", [9, 13])
def test_the_end_of_an_unbuffered_read_overtakes_all_of_it(connect, command):
    """Twice alike, and yet the table is not empty: nobody is left without a name for it."""
    reads = iter(range(100))

    def overtaken(device, link, number, data):
        table = device.users if command == 9 else device.log
        whole = struct.pack("<I", len(table)) + table
        parts = [(1501, whole), (2000, b"")]
        device.reply(link, 1500, number, struct.pack("<II", len(whole), 1024))
        for code, part in reversed(parts) if next(reads) < 2 else parts:
            device.reply(link, code, number, part)

    log = b"".join(row_8a(1 + n, JUNE + 60 * n) for n in range(20))
    users = b"".join(user_28(1 + n, 1001 + n) for n in range(20))
    with ScriptedTerminal(udp=True, log=log, users=users, buffered=False, answers={command: overtaken}) as device:
        device.counters = lambda self: bytes_of.sizes(20, users=20)
        found = punches(drain(connect(device)))
        assert [(one.person, one.extra["id_source"]) for one in found] == [(str(1001 + n), "lookup") for n in range(20)]


def test_a_log_that_is_truly_out_of_order_is_believed_when_it_stays_so(connect):
    with terminal(buffered=False) as device:
        device.log = row_16(5, JUNE + 9999) + LOG
        assert people(drain(connect(device))) == ["5", *NAMES]


def test_a_datagram_that_comes_short_is_asked_for_again_and_no_other(connect):
    tries = iter(range(100))

    def short(device, link, number, data):
        start, size = struct.unpack("<ii", data)
        whole = link.buffer[start : start + size]
        device.chunks(link, number, whole[:-5] if next(tries) == 3 else whole)

    with terminal(answers={1504: short}) as device:
        assert people(drain(connect(device))) == NAMES
        assert device.commands()[1503] == 1
        assert device.commands()[1504] == -(-(len(LOG) + 4) // 1024) + 1


def test_every_datagram_twice(connect):
    with terminal() as device:
        device.garble = lambda datagram: [datagram, datagram]
        assert people(drain(connect(device))) == NAMES
        assert device.commands()[1503] == 1


def test_a_datagram_that_is_lost_is_asked_for_under_another_number(connect):
    tries = iter(range(100))

    def losing(device, link, number, data):
        start, size = struct.unpack("<ii", data)
        if next(tries) == 3:
            device.reply(link, 1500, number, struct.pack("<II", size, 1024))
        else:
            device.chunks(link, number, link.buffer[start : start + size])

    with terminal(answers={1504: losing}) as device:
        assert people(drain(connect(device, timeout=0.6))) == NAMES
        assert device.commands()[1504] == -(-(len(LOG) + 4) // 1024) + 1


def test_live_events_over_udp(connect):
    with terminal() as device:
        driver = connect(device)
        drain(driver)
        device.punch(row_16(7, JUNE - 5), event_12(7, six(2026, 5, 31, 23, 59, 55)))
        assert people(drain(driver)) == ["7"]
        driver.poll(0)
        device.wait(lambda: device.acknowledged == 1)
        driver.close()
        device.wait(lambda: device.commands()[1001] == 1)


def test_a_request_is_sent_again_under_the_same_number(connect):
    with terminal() as device:
        driver = connect(device, timeout=0.9)
        dropped = iter([True, False])
        device.garble = lambda datagram: [] if next(dropped, False) else [datagram]
        before = device.commands()[201]
        driver.read_clock()
        assert device.commands()[201] == before + 2
