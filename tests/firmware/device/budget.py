# `micropython -X heapsize=… budget.py FOLDER SECONDS`: the whole reader in a heap as small as it is, with the least
# that can stand for an ESP32. FOLDER holds config.json, certificates, and `flash` from prefill.py; the code is in
# `rom`, an image that stands for flash memory and runs in place, or, without one, in a/, and is loaded into the heap.
#
# The broker and the centre are real and outside. After SECONDS, or when all is confirmed, it says what memory it took.

import asyncio
import gc
import sys

import vfs


def find_code(folder):
    try:
        with open(folder + "/rom", "rb") as file:
            image = file.read()
    except OSError:
        sys.path[:] = [folder + "/a", ".frozen"]
        return 0
    vfs.mount(vfs.VfsRom(image), "/rom")
    sys.path[:] = ["/rom", ".frozen"]
    return len(image)


async def measured(app, seconds):
    from firmware.readers.tap import Tap

    task = asyncio.create_task(app.run())
    lowest, held, taps = 1 << 30, 0, 0
    for tick in range(int(seconds) * 10):
        if task.done():
            await task
        if tick % 20 == 10:
            app.taps.take(Tap("card", "card", "04%012X" % tick, b"\x04\xa1", ()))
            taps += 1
        lowest = min(lowest, gc.mem_free())
        if tick % 50 == 49:
            gc.collect()
            held = max(held, gc.mem_alloc())
        await asyncio.sleep_ms(100)
        if tick > 100 and app.log.confirmed >= app.log.next - 2:
            break
    print("taps=%d" % taps)
    print("held=%d" % held)
    print("free_at_least=%d" % lowest)
    print("waiting=%d" % app.log.waiting)
    print("last=%d" % app.log.next)
    print("broken=%d" % app.counters()["broken"])
    print("failed=%d" % app.counters()["failed"])
    print("error=" + (app.last_error or app.link.last_error))
    task.cancel()


print("image=%d" % find_code(sys.argv[1]))
import budget_board  # noqa: E402

budget_board.install(sys.argv[1] + "/flash")
gc.collect()
print("harness=%d" % gc.mem_alloc())
from firmware.hardware import Board  # noqa: E402
from firmware.start import made  # noqa: E402

board = Board()
board.root = sys.argv[1]
app = made(board)
gc.collect()
print("built=%d" % gc.mem_alloc())
asyncio.run(measured(app, sys.argv[2]))
