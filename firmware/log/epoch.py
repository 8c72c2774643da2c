# One epoch of the log: a folder of segments, what comes next in them, and where in them an entry stands.
#
# What comes next, and the hash to chain to, are read from the newest segment. After a write that the flash refused,
# only another look tells whether it happened all the same.

import os

from contract.chain import GENESIS, entry_hash
from firmware import files
from firmware.log import segment
from firmware.log.frame import frame


class Epoch:
    # `identity`: (logid, source, serial). `findings`: a list that gets (event, detail). Raises OSError.
    def __init__(self, folder, identity, findings):
        self.folder, self._identity, self._findings = folder, identity, findings
        self.segments = segment.firsts(files.names(folder))  # the first sequence of each, in order
        self.damaged = None  # (first, last) of entries that could not be read though nobody confirmed them
        self._learn_end()

    # First sequence that is still held.
    @property
    def oldest(self):
        return self.segments[0] if self.segments else 1

    # Be sure what the flash holds.
    def settle(self):
        if self._uncertain:
            self._learn_end()

    # The entry with these bytes comes next; it is durable once this returns. Raises OSError.
    def write(self, raw):
        sequence = self.next
        piece = frame(sequence, bytes.fromhex(self.head), segment.packer(self._identity).pack(raw, sequence, self.head))
        fresh = self._fresh or self._count >= segment.ENTRIES or self._size + len(piece) > segment.BYTES
        first = sequence if fresh else self.segments[-1]
        if fresh:
            piece = segment.header(self._identity) + piece
        self._uncertain = True  # until the flash has said yes
        with open(segment.path_of(self.folder, first), "wb" if fresh else "ab") as file:
            file.write(piece)
        self._uncertain = False
        if fresh:
            self.segments.append(first)
            self._fresh, self._size, self._count = False, 0, 0
        self._size += len(piece)
        self._count += 1
        self.next, self.head = sequence + 1, entry_hash(raw)

    # At most `most` entries after sequence `after`, oldest first, as (sequence, kind, raw). What is missing between
    # them and was not `confirmed` is noted as damaged.
    def read(self, after, most, confirmed):
        self.settle()
        found = []
        after = max(after, self.oldest - 1)
        while len(found) < most and after < self.next - 1:
            at = self._index(after + 1)
            for one in self._read_segment(self.segments[at], after, most - len(found)):
                self._check_gap(after, one[0], confirmed)
                found.append(one)
                after = one[0]
            following = self.segments[at + 1] if at + 1 < len(self.segments) else self.next
            if len(found) < most and after < following - 1:
                self._check_gap(after, following, confirmed)
                after = following - 1
        return found

    # Hash of the entry `sequence`, None when that is not held any more.
    def hash_of(self, sequence):
        if sequence == self.next - 1:
            return self.head
        if sequence == 0:
            return GENESIS
        if not self.oldest - 1 <= sequence < self.next:
            return None
        reading = segment.Reading(self.folder, self.segments[self._index(sequence + 1)])
        try:
            found = reading.look()
            while found is not None and found[0] <= sequence:
                found = reading.look()
            return reading.prev if found is not None and found[0] == sequence + 1 else None
        finally:
            reading.close()

    # Delete the oldest segment if it holds nothing but confirmed entries; whether it was so. The newest always stays.
    def forget(self, confirmed):
        if len(self.segments) < 2 or self.segments[1] - 1 > confirmed:
            return False
        os.remove(segment.path_of(self.folder, self.segments[0]))
        del self.segments[0]
        self._place = None
        return True

    # inside

    def _learn_end(self):
        self._uncertain = self.lost = False  # lost: entries are gone whose sequences must not be given again
        self._place = None  # (sequence, first of its segment, where it begins): where reading goes on
        self._fresh = True  # the next entry opens a segment of its own
        self._size = self._count = 0
        self.next, self.head = 1, GENESIS
        lost = False
        while self.segments and not self._learn_from(self.segments[-1]):
            lost = self._set_aside(self.segments.pop()) or lost
        self.lost = self.lost or lost

    def _learn_from(self, first):
        reading = segment.Reading(self.folder, first)
        last, raw = 0, b""
        self._count = 0
        try:
            found = reading.next()
            while found is not None:
                self._count += 1
                last, raw = found
                found = reading.next()
        finally:
            reading.close()
        if not last:
            return False
        if reading.skipped:
            self._findings.append(("torn-tail", {"segment": first, "bytes": reading.skipped}))
        self._size = reading.at
        self._fresh = bool(reading.skipped) or reading.identity != list(self._identity)
        self.lost = reading.identity is None or reading.identity[0] != self._identity[0]  # the reader got another name
        self.next, self.head = last + 1, entry_hash(raw)
        return True

    # Put away a segment without an entry. Whether entries were lost with it. An empty file is what a power cut leaves
    # of a segment that was being begun.
    def _set_aside(self, first):
        path = segment.path_of(self.folder, first)
        if not os.stat(path)[6]:
            os.remove(path)
            return False
        os.rename(path, self.folder + "/unreadable.bad")  # one is enough to look at
        self._findings.append(("log-damaged", {"logid": self._identity[0], "segment": first}))
        return True

    # Which segment holds `sequence`, or would.
    def _index(self, sequence):
        at = len(self.segments) - 1
        while at and self.segments[at] > sequence:
            at -= 1
        return at

    def _read_segment(self, first, after, most):
        at = 0
        if self._place is not None and self._place[0] == after + 1 and self._place[1] == first:
            at = self._place[2]
        found, at = segment.batch_at(self.folder, first, after, most, at)
        if found:
            self._place = (found[-1][0] + 1, first, at)
        return [(sequence, kind_of(raw), raw) for sequence, raw in found]

    def _check_gap(self, after, following, confirmed):
        if following > after + 1 and following - 1 > confirmed and self.damaged is None:
            self.damaged = (max(after, confirmed) + 1, following - 1)


# The kind of an entry, from its bytes.
def kind_of(raw):
    return _between(raw, b'"type":"ketuk.', b".")


# Its `recordedtime`.
def recorded_of(raw):
    return _between(raw, b'"recordedtime":"', b'"')


def _between(raw, before, behind):
    at = raw.find(before) + len(before)
    return raw[at : raw.find(behind, at)].decode()
