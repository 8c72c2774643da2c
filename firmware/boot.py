# Chooses which of the two folders of code runs, `a` or `b`, and takes back one that does not. Lies at the device's
# root as boot.py and is never updated over the air; it needs nothing of the folders.
#
# `slot` holds a letter and a number: 0, it has proved itself; n, it may be started for the n-th time to do so. A folder
# is whole when its `manifest` is there: that is written last and deleted first. Nothing here can stop the start: what
# cannot be read counts as not there. A frozen build has neither folder and is left alone.

import os
import sys

MANIFEST = "manifest"
TRIES = 3
_STATE = "/slot"


def other(slot: str) -> str:
    return "b" if slot == "a" else "a"


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True


# (slot, number, whether another one was taken back for it) as written, or None.
def read_state(root: str) -> "tuple[str, int, bool] | None":
    try:
        with open(root + _STATE) as file:
            words = file.read(24).split()
    except (OSError, ValueError):
        return None
    if len(words) not in (2, 3) or words[0] not in ("a", "b") or not words[1].isdigit():
        return None
    return words[0], int(words[1]), len(words) == 3


def write_state(root: str, slot: str, number: int, back: bool = False) -> None:
    with open(root + _STATE + ".new", "w") as file:
        file.write("%s %d%s" % (slot, number, " back" if back else ""))
    os.rename(root + _STATE + ".new", root + _STATE)


def _whole(root: str, slot: str) -> bool:
    return _exists(root + "/" + slot + "/" + MANIFEST)


# The slot that is in use: what was chosen at the start, if it is whole.
def current(root: str) -> str:
    state = read_state(root)
    slot = "a" if state is None else state[0]
    return slot if _whole(root, slot) else other(slot)


# Choose at the start: the slot, None when none is whole. Counts a start that is on trial.
def choose(root: str) -> "str | None":
    state = read_state(root)
    slot, number = ("a", 0) if state is None else state[:2]
    if number > TRIES or not _whole(root, slot):
        if _whole(root, other(slot)):
            slot = other(slot)
            _try_to_write(root, slot, 0, number > 0)
        elif not _whole(root, slot):
            return None
    elif number:
        _try_to_write(root, slot, number + 1)
    return slot


def _try_to_write(root: str, slot: str, number: int, back: bool = False) -> None:
    try:
        write_state(root, slot, number, back)
    except OSError as error:
        print("boot: cannot write", root + _STATE, error)


if __name__ == "__main__":
    _slot = choose("")
    if _slot is not None:
        sys.path.insert(0, "/" + _slot)
