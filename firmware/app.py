# The reader as a whole: the tasks that live side by side, and once a second the upkeep of what they share.
#
#   taps        reader -> flash -> sound and light; knows nothing of the network
#   link        one connection after another, with a wait that grows
#   times       time from the network and the battery clock
#   upkeep      evidence, checkpoints, carrying over, forgetting, health, commands, the watchdog
#   wifi, feedback
#
# A task that fails for a reason nobody foresaw ends the program: the restart is clean and loses nothing, because what
# was promised to a person is in the flash log.

import asyncio
import gc

from micropython import const

from firmware.clock import Timekeeper
from firmware.link import Link
from firmware.log.flashlog import LOUD, LogFull
from firmware.taps import Taps
from firmware.unload import unload
from firmware.version import VERSION

_HEALTH_MS = const(60_000)
_MARKS_MS = const(60_000)
_NOTES = const(16)


class App:
    # `parts` has as attributes all that is set here by name; see main.py, which makes them.
    def __init__(self, parts) -> None:
        self.board, self.log, self.clock, self.uptime = parts.board, parts.log, parts.clock, parts.uptime
        self.recorder, self.reader, self.feedback, self.wifi = parts.recorder, parts.reader, parts.feedback, parts.wifi
        self.vitals, self.client, self.forwarder = parts.vitals, parts.client, parts.forwarder
        self.data, self.serial = parts.data, parts.serial
        self.name, self.kind = parts.settings["reader"], parts.settings["chip.kind"]
        self.taps, self.times, self.link = Taps(parts, self.note), Timekeeper(parts, self.note), Link(parts, self)
        self.last_error = ""
        self._notes = []  # (event, detail) that wait to become entries
        self._dropped = 0
        self._loud = False
        self._published_marks = 0
        self._health_at = self._marks_at = 0

    # Live until `stop`, or until a task fails. Raises what it failed with.
    async def run(self) -> None:
        watch = self.vitals.watch
        jobs = (
            self.taps.run(watch("taps", 20_000)),
            self.link.run(watch("link", 120_000)),
            self.times.run(watch("clock", 60_000)),
            self._upkeep(watch("upkeep", 20_000)),
            self.wifi.run(watch("wifi", 60_000)),
            self.feedback.run(watch("feedback", 30_000)),
        )
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    # Evidence that is written when the flash has time; of too much, the newest is dropped and counted.
    def note(self, event: str, detail, quiet: bool = False) -> None:
        if len(self._notes) < _NOTES:
            self._notes.append((event, detail, quiet))
        else:
            self._dropped += 1

    def birth(self) -> bytes:
        from firmware.report import birth

        try:
            return birth(self)
        finally:
            unload("firmware.report", "contract.edge")

    def identity(self):
        return {"serial": self.serial, "boot": self.recorder.boot, "kind": self.kind}

    # The answer to a ping.
    def facts(self):
        return {"time": self.clock.text(), "version": VERSION, "clock": self.clock.state, "backlog": self.log.waiting}

    # All that is counted of the tasks.
    def counters(self):
        counted = {"notes-dropped": self._dropped}
        for part in (self.taps, self.times, self.link):
            counted.update(part.counters)
        return counted

    # A connection stands.
    def connected(self) -> None:
        self.link.stands(self.taps.state == "ok")

    def tell_health_soon(self) -> None:
        self._health_at = self.uptime()

    # Write down what waits, and start anew.
    def restart(self) -> None:
        self._write_notes()
        self.log.save_marks(self.clock.text())
        self.board.reset()

    async def _upkeep(self, alive) -> None:
        while True:
            alive()
            self.vitals.check()
            self._obey()
            try:
                self._look_after_log()
                self._tell_health()
            except (OSError, LogFull, MemoryError) as error:
                self.last_error = "log: " + str(error)
                gc.collect()
            await asyncio.sleep_ms(1000 if not self.log.to_carry else 50)

    def _tell_health(self) -> None:
        if self.client.connected and self.uptime() >= self._health_at:
            self._health_at = self.uptime() + _HEALTH_MS
            from firmware.report import health

            try:
                self.forwarder.post("health", health(self), retain=True)
            finally:
                unload("firmware.report", "contract.edge")

    def _look_after_log(self) -> None:
        log, before = self.log, self.log.next
        if log.damaged is not None:
            detail = {"logid": log.logid, "lost": [list(log.damaged)]}
            log.fork("entries became unreadable")
            self.note("log-damaged", detail)
        self.recorder.tell_findings()
        self._write_notes()
        self._watch_fill()
        log.carry()
        self.recorder.checkpoint()
        log.forget()
        if self.uptime() >= self._marks_at or log.published >= self._published_marks + 64:
            self._marks_at, self._published_marks = self.uptime() + _MARKS_MS, log.published
            log.save_marks(self.clock.text())
        if log.next != before:
            self.forwarder.wake()

    def _write_notes(self) -> None:
        while self._notes:
            event, detail, quiet = self._notes[0]
            self.recorder.audit(event, detail, quiet)
            del self._notes[0]

    def _watch_fill(self) -> None:
        fill = self.log.fill
        if fill >= LOUD and not self._loud:
            self._loud = True
            self.note("disk-80", {"waiting": self.log.waiting, "capacity": self.log.capacity})
        elif fill < LOUD - 10:
            self._loud = False

    def _obey(self) -> None:
        inbox = self.forwarder.inbox
        if not inbox:
            return
        from firmware.commands import Commands

        commands = Commands(self)
        while inbox:
            verb, raw = inbox.pop(0)
            reply = commands.answer(verb, raw)
            if reply is not None:
                self.forwarder.post("reply/" + verb, reply)
        unload("firmware.commands", "contract.edge")
