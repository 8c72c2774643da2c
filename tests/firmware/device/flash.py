# A flash for tests: littlefs on simulated NOR flash, mounted at /flash, that can be cut at any step.

import os

import vfs

from firmware.log.flashlog import FlashLog
from simulators.chips.nor_flash import NorFlash

IDENTITY = ("pintu-1", "/kec-pampangan/pintu-1", "A1B2C3D4E5F6")


class Flash:
    def __init__(self, path, blocks=64):
        self.path = path
        self.blocks = blocks
        try:
            os.remove(path)
        except OSError:
            pass
        try:
            vfs.umount("/flash")  # of a test that failed
        except OSError:
            pass
        self.device = NorFlash(path, blocks)
        vfs.VfsLfs2.mkfs(self.device)
        vfs.mount(self.device, "/flash")

    # Power on (again), to be cut at a step from now, if one is given.
    def power(self, cut_at=None, torn=True):
        try:
            vfs.umount("/flash")
        except OSError:
            pass
        self.device.dead = True
        self.device.close()
        self.device = NorFlash(self.path, self.blocks)
        self.device.cut_at, self.device.torn = cut_at, torn
        vfs.mount(self.device, "/flash")

    def save(self):
        copy(self.path, self.path + ".saved")

    def restore(self):
        copy(self.path + ".saved", self.path)

    def close(self):
        vfs.umount("/flash")
        self.device.close()


def copy(source, target):
    buffer = bytearray(65536)
    with open(source, "rb") as given, open(target, "wb") as taken:
        size = given.readinto(buffer)
        while size:
            taken.write(memoryview(buffer)[:size])
            size = given.readinto(buffer)


def open_log(capacity=5000):
    log = FlashLog("/flash/log", IDENTITY, capacity)
    log.open()
    return log


STAMP = "2026-01-19T07:28:01+07:00"


def tap(log, uid, stamp=STAMP):
    from contract.jsontext import loads  # noqa: F401

    data = ordered(
        ("method", "card"),
        ("direction", "none"),
        ("origin", "live"),
        ("clock", ordered(("state", "synced"), ("boot", 12), ("ticks_ms", 12345678))),
        ("device", ordered(("serial", IDENTITY[2]))),
        ("raw", uid.lower()),
    )
    return log.append("punch", data, stamp, subject="card:" + uid, time=stamp)


def ordered(*pairs):
    from collections import OrderedDict

    if pairs and not isinstance(pairs[0], tuple):
        pairs = (pairs,)
    return OrderedDict(pairs)


# Every entry that is held, checked: numbered without a hole from the oldest, chained, no byte changed.
def check_chain(log, logid=None):
    from contract.chain import entry_hash
    from contract.entry import parse

    entries, after, prev = [], log.oldest - 1, None
    while True:
        batch = log.read(after, 8)
        if not batch:
            break
        for sequence, kind, raw in batch:
            event = parse(raw)
            assert sequence == after + 1 == int(event["sequence"]), (sequence, after)
            assert event["type"] == "ketuk." + kind + ".v1"
            assert event["logid"] == log.logid
            assert prev is None or event["prevhash"] == prev, sequence
            prev, after = entry_hash(raw), sequence
            entries.append(event)
    assert after == log.next - 1 and (prev is None or prev == log.head)
    return entries
