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

from contract import entry
from firmware import files
from firmware.log import segment
from firmware.log.epoch import Epoch
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
        self.logid = ""
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
        if self.present.lost or self._marks.beyond:
            self.fork("entries lost")
        elif not self.present.segments:
            self.findings.append(_opened(int(epochs[-1][:4]), "power was cut while it was begun"))

    @property
    def next(self):
        return self.present.next

    # The hash that the next entry is chained to.
    @property
    def head(self):
        return self.present.head

    @property
    def damaged(self):
        return self.present.damaged

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
        return self.present.oldest

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

    # The entry is durable once this returns; gives its sequence. `id` is `<epoch>-<sequence>`. `spare`: it may take
    # a place that is kept for evidence. Raises LogFull when it has no room, OSError when the flash refuses.
    def append(self, kind, data, recorded, subject=None, time=None, spare=False):
        self._room(spare)
        self.present.settle()
        if self.present.lost:
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
        self.present.write(raw)
        return sequence

    # At most `most` entries after sequence `after`, oldest first, as (sequence, kind, raw).
    def read(self, after, most):
        return self.present.read(after, most, self.confirmed)

    # Hash of the entry `sequence`, None when that is not held any more.
    def hash_of(self, sequence):
        return self.present.hash_of(sequence)

    # Everything through here had its PUBACK.
    def publish_mark(self, through):
        self._marks.published = min(through, self.next - 1)

    # Everything through here is held by the centre.
    def confirm(self, through):
        self._marks.confirmed = min(through, self.next - 1)

    # Delete segments that hold nothing but confirmed entries, at most `most` of them.
    def forget(self, most=4):
        while most and self.present.forget(self.confirmed):
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
        self.old.append((last, self.present.segments))
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
        self.epoch = name[5:]
        self.logid = self._name + "." + self.epoch
        self.carry_after = None
        identity = (self.logid, self._source, self._serial)
        self.present = Epoch(self.root + "/" + name, identity, self.findings)
        self._marks.load(self.logid, self.oldest - 1, self.next - 1)


def _opened(number, reason, previous=None):
    detail = {"reason": reason}
    if previous is not None:
        detail["previous"] = previous
    return ("log-created" if number == 1 else "log-forked", detail)
