# The log of one reader. How it works.
#
# root/0001-7f3a9c2e/0000000001.seg …   one folder an epoch, named by its number and random part; the highest is the
#                                       present one. Segments are named by their first sequence.
# root/marks                            what was published and confirmed; loss costs a re-send, nothing else.
#
# Everything that must survive is in the segments: the next sequence and the hash to chain to are read from the newest
# one, which therefore is never deleted; the others go once all they hold is confirmed. The epoch is made anew when the
# centre knows another history, when entries not yet confirmed became unreadable, or when the flash had to be formatted.
# What an older epoch still holds is then carried over, entry by entry and with the same ids, and its segments deleted
# one by one; `carry` goes on after a power cut where the present epoch's entries say that it stood.

import os
from collections import OrderedDict

from contract import entry
from contract.chain import GENESIS, entry_hash
from firmware import files
from firmware.log import segment
from firmware.log.frame import frame
from firmware.log.marks import Marks
from firmware.unload import unload

SPARE = 64  # places that are kept for audit entries and checkpoints when taps are refused already
LOUD = 80  # per cent


class LogFull(Exception):
    pass


class FlashLog:
    # `identity`: (reader's name, source, serial). `capacity`: entries that may wait for confirmation.
    def __init__(self, root, identity, capacity=5000, random=os.urandom):
        self.root = root
        self._name, self._source, self._serial = identity
        self.capacity = capacity
        self._random = random
        self.findings = []  # (event, detail) that wait to become audit entries
        self.damaged = None  # (first, last) of entries that could not be read though nobody confirmed them
        self.logid = ""
        self.next = 1
        self._marks = Marks(root + "/marks")
        self.old = []  # (folder, first sequences) of epochs that are still to be carried over, oldest first

    # Open what is there, or begin. Raises OSError when the flash cannot be used.
    def open(self):
        files.make_folder(self.root)
        epochs = files.names(self.root, folders=True)
        if not epochs:
            self._begin(1, "first start")
            return
        for name in epochs[:-1]:
            self.old.append((name, segment.firsts(files.names(self.root + "/" + name))))
        self._adopt(epochs[-1])
        if self._lost or self._marks.beyond:
            self.fork("entries lost")
        elif not self.segments:
            self.findings.append(_opened(int(epochs[-1][:4]), "power was cut while it was begun"))

    @property
    def published(self):
        return self._marks.published

    @property
    def confirmed(self):
        return self._marks.confirmed

    @property
    def time(self):
        return self._marks.time

    # First sequence that is still held.
    @property
    def oldest(self):
        return self.segments[0] if self.segments else 1

    # Entries that nobody has confirmed yet.
    @property
    def waiting(self):
        return self.next - 1 - self.confirmed + self.to_carry

    # Entries of older epochs that are still to be carried over, at most.
    @property
    def to_carry(self):
        return segment.ENTRIES * sum([len(firsts) for _, firsts in self.old])

    # Per cent of the capacity that is taken.
    @property
    def fill(self):
        return 100 * self.waiting // self.capacity

    # The entry is durable once this returns; gives its sequence. `id` None: `<epoch>-<sequence>`. `spare`: it may take
    # a place that is kept for evidence. Raises LogFull when it has no room, OSError when the flash refuses.
    def append(self, kind, data, recorded, subject=None, time=None, spare=False):
        self._room(spare)
        if self._uncertain:
            self._learn_end()
            if self._lost:
                self.fork("entries lost")
        sequence = self.next
        raw = entry.build(
            kind,
            source=self._source,
            id=self.epoch + "-" + entry.sequence_text(sequence),
            logid=self.logid,
            sequence=sequence,
            prevhash=self.head,
            recordedtime=recorded,
            data=data,
            subject=subject,
            time=time,
        )
        self.write(raw)
        return sequence

    # At most `most` entries after sequence `after`, oldest first, as (sequence, kind, raw).
    def read(self, after, most):
        if self._uncertain:
            self._learn_end()
        found = []
        after = max(after, self.oldest - 1)
        while len(found) < most and after < self.next - 1:
            first = self._segment_of(after + 1)
            for one in self._read_segment(first, after, most - len(found)):
                self._check_gap(after, one[0])
                found.append(one)
                after = one[0]
            following = self._after(first)
            if len(found) < most and after < following - 1:
                self._check_gap(after, following)
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
        reading = segment.Reading(self.folder, self._segment_of(sequence + 1))
        try:
            found = reading.look()
            while found is not None and found[0] <= sequence:
                found = reading.look()
            return reading.prev if found is not None and found[0] == sequence + 1 else None
        finally:
            reading.close()

    # Everything through here had its PUBACK.
    def publish_mark(self, through):
        self._marks.published = min(through, self.next - 1)

    # Everything through here is held by the centre.
    def confirm(self, through):
        self._marks.confirmed = min(through, self.next - 1)

    # Delete segments that hold nothing but confirmed entries, at most `most` of them.
    def forget(self, most=4):
        while most and len(self.segments) > 1 and self.segments[1] - 1 <= self.confirmed:
            os.remove(segment.path_of(self.folder, self.segments[0]))
            del self.segments[0]
            self._place = None
            most -= 1

    # Write the marks, with a time that is surely past (RFC 3339 text); only when they changed.
    def save_marks(self, time):
        self._marks.save(self.logid, time)

    # Begin a new epoch, into which `carry` then brings what is not confirmed.
    def fork(self, reason):
        last, keep = self._folder_name, self.confirmed
        previous = {"logid": self.logid, "through": keep, "hash": self.hash_of(keep) or ""}
        if self.old:
            from firmware.log import carry

            keep = carry.through(self)
        self.old.append((last, self.segments))
        self.damaged = None
        self._begin(int(last[:4]) + 1, reason, previous)
        self.carry_after = keep

    # Carry over at most `most` entries of older epochs; False when there is nothing left to carry.
    def carry(self, most=8):
        if not self.old:
            return False
        from firmware.log import carry

        carry.step(self, most)
        if not self.old:
            unload("firmware.log.carry")
        return bool(self.old)

    # inside

    def _room(self, spare):
        if self.waiting >= self.capacity + (SPARE if spare else 0):
            raise LogFull("%d entries wait for the centre: no room" % self.waiting)

    def _begin(self, number, reason, previous=None):
        name = "%04d-%s" % (number, self._random(4).hex())
        os.mkdir(self.root + "/" + name)
        self._adopt(name)
        self.findings.insert(0, _opened(number, reason, previous))

    def _adopt(self, name):
        self._folder_name = name
        self.folder = self.root + "/" + name
        self.epoch = name[5:]
        self.logid = self._name + "." + self.epoch
        self._identity = (self.logid, self._source, self._serial)
        self.carry_after = None
        self.segments = segment.firsts(files.names(self.folder))
        self._learn_end()
        self._marks.load(self.logid, self.oldest - 1, self.next - 1)

    # What comes next, from the newest segment that can be read.
    def _learn_end(self):
        self._uncertain = self._lost = False
        self._place = None  # (sequence, first of its segment, where it begins): where reading goes on
        self._fresh = True  # the next entry opens a segment of its own
        self._size = self._count = 0
        self.next, self.head = 1, GENESIS
        lost = False
        while self.segments and not self._learn_from(self.segments[-1]):
            lost = self._set_aside(self.segments.pop()) or lost
        self._lost = self._lost or lost

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
            self.findings.append(("torn-tail", {"segment": first, "bytes": reading.skipped}))
        self._size = reading.at
        self._fresh = bool(reading.skipped) or reading.identity != list(self._identity)
        self._lost = reading.identity is None or reading.identity[0] != self.logid  # the reader got another name
        self.next, self.head = last + 1, entry_hash(raw)
        return True

    # Put away a segment without an entry. Whether entries were lost with it: their sequences may be known elsewhere
    # and must not be given again. An empty file is what a power cut leaves of a segment that was being begun.
    def _set_aside(self, first):
        path = segment.path_of(self.folder, first)
        if not os.stat(path)[6]:
            os.remove(path)
            return False
        os.rename(path, self.folder + "/unreadable.bad")  # one is enough to look at
        self.findings.append(("log-damaged", {"logid": self.logid, "segment": first}))
        return True

    def write(self, raw):
        sequence = self.next
        piece = frame(sequence, bytes.fromhex(self.head), segment.packer(self._identity).pack(raw, sequence, self.head))
        fresh = self._fresh or self._count >= segment.ENTRIES or self._size + len(piece) > segment.BYTES
        first = sequence if fresh else self.segments[-1]
        if fresh:
            piece = segment.header(self._identity) + piece
        self._uncertain = True  # until the flash has said yes, only a look at it tells what it holds
        with open(segment.path_of(self.folder, first), "wb" if fresh else "ab") as file:
            file.write(piece)
        self._uncertain = False
        if fresh:
            self.segments.append(first)
            self._fresh, self._size, self._count = False, 0, 0
        self._size += len(piece)
        self._count += 1
        self.next, self.head = sequence + 1, entry_hash(raw)

    def _segment_of(self, sequence):
        found = self.segments[0]
        for first in self.segments:
            if first > sequence:
                break
            found = first
        return found

    # First sequence behind a segment.
    def _after(self, first):
        at = self.segments.index(first) + 1
        return self.segments[at] if at < len(self.segments) else self.next

    def _read_segment(self, first, after, most):
        at = 0
        if self._place is not None and self._place[0] == after + 1 and self._place[1] == first:
            at = self._place[2]
        found, at = segment.batch_at(self.folder, first, after, most, at)
        if found:
            self._place = (found[-1][0] + 1, first, at)
        return [(sequence, kind_of(raw), raw) for sequence, raw in found]

    def _check_gap(self, after, following):
        if following > after + 1 and following - 1 > self.confirmed and self.damaged is None:
            self.damaged = (max(after, self.confirmed) + 1, following - 1)


def _opened(number, reason, previous=None):
    detail = OrderedDict()
    detail["reason"] = reason
    if previous is not None:
        detail["previous"] = previous
    return ("log-created" if number == 1 else "log-forked", detail)


def kind_of(raw):
    at = raw.find(b'"type":"ketuk.') + 14
    return raw[at : raw.find(b".", at)].decode()
