# What the reader says of itself: birth, and health every minute. Nothing in it names a person.

import gc
import os

from contract import edge
from firmware.log.epoch import recorded_of
from firmware.timetext import parse
from firmware.version import VERSION


def birth(app) -> bytes:
    log = app.log
    return edge.build_birth(
        logid=log.logid, oldest=log.oldest, next=log.next, acked=log.confirmed, version=VERSION, extra=app.identity()
    )


def health(app) -> bytes:
    log, clock = app.log, app.clock
    device = {"id": app.name, "driver": app.kind, "state": app.taps.state, "serial": app.serial}
    device["last_punch"] = app.recorder.last_punch
    device["counters"] = app.reader.counters
    extra = {"heap_free": gc.mem_free(), "fill": log.fill, "wifi": app.wifi.counters, "counters": app.counters()}
    return edge.build_health(
        time=clock.text(),
        uptime_s=app.uptime() // 1000,
        logid=log.logid,
        backlog=log.waiting,
        oldest_unacked_s=_oldest(log, clock),
        last_punch=app.recorder.last_punch,
        devices=[device],
        clock={"state": clock.state, "source": clock.source},
        disk=_disk(app.data),
        extra=extra,
    )


# Seconds since the oldest entry that is not confirmed was recorded; None when there is none.
def _oldest(log, clock) -> "int | None":
    found = log.read(log.confirmed, 1)
    if not found:
        return None
    return max(0, clock.now() - parse(recorded_of(found[0][2])))


def _disk(folder: str) -> "dict[str, object]":
    facts = os.statvfs(folder)
    size, free = facts[1] * facts[2] / 1_000_000, facts[1] * facts[3] / 1_000_000
    return {"free_mb": round(free, 3), "log_mb": round(size - free, 3)}
