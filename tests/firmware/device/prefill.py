# `micropython prefill.py FLASH BLOCKS ENTRIES`: a data flash on which so many taps wait to be sent.

import sys

import vfs
from flash import tap

from firmware.log.flashlog import FlashLog
from simulators.chips.nor_flash import NorFlash


def main(path, blocks, entries):
    device = NorFlash(path, int(blocks))
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(device, "/data")
    log = FlashLog("/data/log", ("pintu-1", "/kec-pampangan/pintu-1", "A1B2C3D4E5F6"), 5000)
    log.open()
    for number in range(int(entries)):
        tap(log, "04A1B2%06X80" % number)
    print("entries=%d" % (log.next - 1))


main(*sys.argv[1:4])
