# The data partition: mounted, or formatted when it cannot be read; never a loop, never a reader that does not start.

import os

import vfs

from firmware import files


# Mount `device` at `path`; gives what was done: "mounted", "formatted" (it was blank), "reformatted" (it could not be
# read: what it held is lost, and the log will say so). Raises OSError when even that fails.
def mount(device, path: str) -> str:
    try:
        vfs.mount(device, path)
        os.listdir(path)
    except OSError:
        _unmount(path)
    else:
        return "mounted"
    done = "formatted" if _blank(device) else "reformatted"
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(device, path)
    return done


def _unmount(path: str) -> None:
    try:
        vfs.umount(path)
    except OSError:
        pass  # it was not mounted


def _blank(device) -> bool:
    held = bytearray(256)
    for block in (0, 1):
        device.readblocks(block, held, 0)
        if held.strip(b"\xff"):
            return False
    return True


# The number of this start: one more than any that was kept, on the flash or in `nvs` (get(), set(number)).
def count_boot(folder: str, nvs) -> int:
    kept = files.read(folder + "/boot")
    number = int(kept) if kept is not None and kept.isdigit() else 0
    number = max(number, nvs.get()) + 1
    try:
        files.write(folder + "/boot", str(number).encode())
    except OSError as error:
        print("boot number: cannot be kept on the flash:", error)
    nvs.set(number)
    return number
