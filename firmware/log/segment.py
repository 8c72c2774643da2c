# Segments: files of at most 64 frames that are only ever appended to, closed after each, and deleted whole.
#
# littlefs makes a close one step: after a power cut a file is as it was before or after it. What is torn all the same
# (bad flash) ends a segment: nothing is written behind it again.

from contract.jsontext import dumps, loads
from firmware.log.frame import Frames, frame
from firmware.log.pack import Packer

ENTRIES = 64
BYTES = 8160  # two flash blocks, less what littlefs keeps in them for itself
_NOTHING = bytes(32)


def path_of(folder, first):
    return "%s/%010d.seg" % (folder, first)


# First sequences of the segments in a folder, in order.
def firsts(names):
    return [int(name[:10]) for name in names if len(name) == 14 and name.endswith(".seg")]


# What the packer of a log must know again to unpack it: (logid, source, serial).
def header(identity):
    return frame(0, _NOTHING, dumps(list(identity)).encode())


_kept = [Packer("", "", "")]


# The packer for a log of this identity. The last one is kept: nearly always it is the one that is asked for.
def packer(identity):
    if _kept[0].identity != tuple(identity):
        _kept[0] = Packer(*identity)
    return _kept[0]


# An open segment: `next` gives (sequence, raw) or None; `identity` is what its header says, None if that is unreadable.
class Reading:
    def __init__(self, folder, first, at=0):
        self._file = open(path_of(folder, first), "rb")
        self.identity = None
        self._packer = None
        self.prev = None  # hash of the entry before the one that came last, 64 hex digits
        self._frames = Frames(self._file)
        head = self._frames.next()
        if head is not None and head[0] == 0:
            identity = loads(head[2])
            if isinstance(identity, list) and len(identity) == 3:
                self.identity = identity
                self._packer = packer(identity)
        if at:
            self._frames.at = at

    @property
    def at(self):
        return self._frames.at

    @property
    def skipped(self):
        return self._frames.skipped

    def close(self):
        self._file.close()

    # The next frame's sequence; the hash before it is then in `prev`.
    def look(self):
        found = self._frames.next()
        if found is None:
            return None
        self.prev = found[1].hex()
        return found[0], found[2]

    def next(self):
        found = self.look()
        if found is None or self._packer is None:
            return None
        return found[0], self._packer.unpack(found[1], found[0], self.prev)


# At most `most` entries behind sequence `after`, as (sequence, raw); fewer: the segment has no more. A segment that
# the flash does not give back has none.
def batch(folder, first, after, most):
    return batch_at(folder, first, after, most, 0)[0]


# The same from byte `at` on; also says where the frame after the last one begins.
def batch_at(folder, first, after, most, at):
    found = []
    try:
        reading = Reading(folder, first, at)
    except OSError:
        return found, at
    try:
        one = reading.next()
        while one is not None:
            if one[0] > after:
                found.append(one)
                at = reading.at
            if len(found) == most:
                break
            one = reading.next()
    except OSError:
        return found, at  # what could be read counts; the gap behind it is seen by who reads on
    finally:
        reading.close()
    return found, at
