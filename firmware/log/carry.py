# Carrying over: what an older epoch still holds goes into the present log, entry by entry and with the same ids.
#
# An old segment is deleted once all of it is here. After a power cut the newest carried entry here tells how far its
# segment was carried: ids do not change.

import os

from contract import entry
from firmware import files
from firmware.log import segment
from firmware.log.epoch import kind_of


# Carry over at most `most` entries.
def step(log, most):
    while log.old and not log.old[0][1]:
        files.remove_tree(log.root + "/" + log.old[0][0])
        del log.old[0]
        log.carry_after = 0
    if not log.old:
        return
    log.carry_after = through(log)
    name, firsts = log.old[0]
    folder = log.root + "/" + name
    batch = segment.batch(folder, firsts[0], log.carry_after, most)
    for sequence, raw in batch:
        if kind_of(raw) != entry.CHECKPOINT:  # it vouches for the old chain and for nothing else
            log.present.write(_rechained(raw, log.logid, log.next, log.head))
        log.carry_after = sequence
    if len(batch) < most:
        os.remove(segment.path_of(folder, firsts[0]))
        del firsts[0]


# Up to where the oldest segment of the oldest epoch was carried already.
def through(log):
    if log.carry_after is not None:
        return log.carry_after
    newest = _newest_carried(log)
    name, firsts = log.old[0]
    if firsts:
        for sequence, raw in _each(log.root + "/" + name, firsts[0]):
            if _id(raw) == newest:
                return sequence
    return 0


def _newest_carried(log):
    mine = log.epoch.encode()
    for first in reversed(log.present.segments):
        newest = None
        for _, raw in _each(log.present.folder, first):
            newest = newest if _id(raw).startswith(mine) else _id(raw)
        if newest is not None:
            return newest
    return None


def _each(folder, first):
    after = 0
    while True:
        batch = segment.batch(folder, first, after, 8)
        for sequence, raw in batch:
            yield sequence, raw
            after = sequence
        if len(batch) < 8:
            return


def _id(raw):
    at = raw.find(b'"id":"') + 6
    return raw[at : raw.find(b'"', at)]


# The same fact in another log: every byte but its place there.
def _rechained(raw, logid, sequence, prev):
    start = raw.find(b'"logid":"')
    end = raw.find(b',"datacontenttype"', start)
    place = '"logid":"%s","sequence":"%s","prevhash":"%s"' % (logid, entry.sequence_text(sequence), prev)
    return raw[:start] + place.encode() + raw[end:]
