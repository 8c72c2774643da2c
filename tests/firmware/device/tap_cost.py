# `micropython tap_cost.py FLASH TAPS`: from a tap to its entry in flash, beside one bare append and close of the same
# size on the same file system. Prints milliseconds, one `name=value` a line.

import sys
import time

import vfs
from flash import IDENTITY

from firmware.clock import Clock
from firmware.log import segment
from firmware.log.flashlog import FlashLog
from firmware.readers.tap import Tap
from firmware.recorder import Recorder
from firmware.vitals import Uptime
from simulators.chips.nor_flash import NorFlash


def median(values):
    return sorted(values)[len(values) // 2]


def main(path, taps):
    device = NorFlash(path, 240)
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(device, "/data")
    log = FlashLog("/data/log", IDENTITY)
    log.open()
    uptime = Uptime()
    clock = Clock(uptime, 1_767_225_600, 420, lambda unix, known: None)
    clock.set(1_768_780_800, "ntp")
    recorder = Recorder(log, clock, uptime, 1, IDENTITY[2], None, 60_000)
    ours, bare = [], []
    record = bytes(130)
    for number in range(int(taps)):  # by turns, so that whatever else the machine does meets both
        ref = "04%012X" % number
        began = time.ticks_us()
        recorder.punch(Tap("card", "card", ref, bytes.fromhex(ref), ()))
        ours.append(time.ticks_diff(time.ticks_us(), began))
        began = time.ticks_us()
        with open("/data/bare%d" % (number // segment.ENTRIES), "ab") as file:
            file.write(record)
        bare.append(time.ticks_diff(time.ticks_us(), began))
    print("ours=%.3f" % (median(ours) / 1000))
    print("bare=%.3f" % (median(bare) / 1000))


main(sys.argv[1], sys.argv[2])
