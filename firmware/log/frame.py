# Frames: how a packed entry lies in a segment file, so that rot is seen and costs no more than it hit.
#
#   1E · length of the packed bytes u16 · sequence u32 · hash of the entry before, 32 bytes · CRC-32 u32 · packed bytes
#
# Little-endian; the CRC is over everything but itself. A segment's first frame has sequence 0 and holds its header.

import binascii
import struct

from micropython import const

_HEAD = const("<BHI32sI")
_SIZE = const(43)
_BARE = const(39)  # the head without its CRC
_MARK = const(0x1E)
LARGEST = 4096


def frame(sequence, prev, packed):
    head = struct.pack(_HEAD, _MARK, len(packed), sequence, prev, 0)[:_BARE]
    crc = binascii.crc32(packed, binascii.crc32(head))
    return head + struct.pack("<I", crc) + packed


# Walks the frames of an open file from where it stands. `next` gives (sequence, prev, packed), or None at the end;
# `at` is where the next frame begins; `skipped` counts the bytes that were no frame.
class Frames:
    def __init__(self, file, at=0):
        self._file = file
        self.at = at
        self.skipped = 0
        file.seek(at)

    def next(self):
        found = self._read(self.at)
        while found is None:
            self._file.seek(self.at)
            rest = self._file.read(256)
            if not rest:
                return None
            jump = rest.find(b"\x1e", 1)
            jump = len(rest) if jump < 0 else jump
            self.at += jump
            self.skipped += jump
            found = self._read(self.at)
        self.at += _SIZE + len(found[2])
        return found

    def _read(self, at):
        self._file.seek(at)
        head = self._file.read(_SIZE)
        if len(head) < _SIZE:
            return None
        mark, length, sequence, prev, crc = struct.unpack(_HEAD, head)
        if mark != _MARK or length > LARGEST:
            return None
        packed = self._file.read(length)
        if len(packed) < length or binascii.crc32(packed, binascii.crc32(head[:_BARE])) != crc:
            return None
        return sequence, prev, packed
