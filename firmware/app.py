# The reader as a whole: what happens at a tap, and the tasks that live side by side.
#
#   taps       reader -> flash -> sound and light; knows nothing of the network
#   link       one connection after another, with a wait that grows
#   clock      time from the network and the battery clock
#   upkeep     once a second: evidence, checkpoints, carrying over, forgetting, health, commands, the watchdog
#   wifi, feedback
#
# A task that fails for a reason nobody foresaw ends the program: the restart is clean and loses nothing, because what
# was promised to a person is in the flash log.

import asyncio
import gc
import os

from micropython import const

from firmware.backoff import Backoff
from firmware.log.flashlog import LOUD, LogFull
from firmware.mqtt import Refused
from firmware.unload import unload
from firmware.version import BUILT, VERSION

_HEALTH_MS = const(60_000)
_MARKS_MS = const(60_000)
_SYNC_MS = const(3_600_000)
_RETRY_SYNC_MS = const(64_000)
KEPT = (
    "site",
    "reader",
    "chip.kind",
    "card.same_s",
    "broker.user",
    "broker.password",
    "broker.retry_s",
    "ntp.host",
    "ntp.port",
)
_RECENT = const(16)  # cards that are remembered as just taken
_NOTES = const(16)
TROUBLES = ("two-cards", "bad-frame", "unknown-finger", "reader-dead")  # that people are told
EVIDENCE = {"reader-reset": "driver-restarted", "reader-dead": "device-silent", "reader-back": "device-back"}


class App:
    # `parts` has as attributes all that is set here by name; see main.py, which makes them.
    def __init__(self, parts) -> None:
        self.board = parts.board
        self.settings = {key: parts.settings[key] for key in KEPT}
        self.log, self.clock, self.uptime, self.recorder = parts.log, parts.clock, parts.uptime, parts.recorder
        self.reader, self.feedback, self.wifi, self.vitals = parts.reader, parts.feedback, parts.wifi, parts.vitals
        self.client, self.forwarder, self.rtc = parts.client, parts.forwarder, parts.rtc
        self.data, self.serial, self._updates = parts.data, parts.serial, parts.updates
        self.name, self.kind = self.settings["reader"], self.settings["chip.kind"]
        self.reader_state = "starting"
        self.counters = {"refused": 0, "same": 0, "failed": 0, "connects": 0, "broken": 0}
        self.last_error = ""
        self._recent = []  # (ref, when) of taps that were recorded
        self._notes = []  # (event, detail) that wait to become entries
        self._loud = False
        self._update_url = None
        self._published_marks = 0
        self._health_at = self._marks_at = 0
        self._stopping = False
        self._proved = self._proved_lately = False

    # Live until `stop`, or until a task fails. Raises what it failed with.
    async def run(self) -> None:
        watch = self.vitals.watch
        jobs = (
            self._taps(watch("taps", 20_000)),
            self._link(watch("link", 120_000)),
            self._keep_time(watch("clock", 60_000)),
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
            self.counters["notes-dropped"] = self.counters.get("notes-dropped", 0) + 1

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

    # Take the time from `source` and leave evidence of what that changed.
    def take_time(self, unix: int, source: str, steady: bool = False) -> None:
        step = self.clock.set(unix, source, steady or self._set_rtc(unix))
        detail = {"source": source, "time": self.clock.text()}
        detail.update(self.recorder.moment())
        if step is None:
            self.note("clock-synced", detail)
        elif abs(step) > 2:
            detail["step_s"] = step
            self.note("clock-stepped", detail)

    # Ask for an update; it begins when the link is free. Raises ValueError when this reader takes none.
    def want_update(self, url: str) -> None:
        if self._updates is None:
            raise ValueError("this reader has no update.key: it takes no updates")
        self._update_url = url
        self.forwarder.leaving = True

    # taps

    async def _taps(self, alive) -> None:
        await self.reader.start()
        while True:
            alive()
            for one in await self.reader.poll():
                if hasattr(one, "ref"):
                    self._tap(one)
                else:
                    self._trouble(one)
            if self.reader_state == "starting":
                self.reader_state = "ok"
            await asyncio.sleep_ms(self.reader.PAUSE_MS)

    def _tap(self, tap) -> None:
        now = self.uptime()
        same = self.settings["card.same_s"] * 1000
        self._recent = [(ref, at) for ref, at in self._recent if now - at < same]
        if tap.ref in [ref for ref, _ in self._recent]:
            self.counters["same"] += 1
            self.feedback.say("again")
            return
        try:
            self.recorder.punch(tap)
        except LogFull as error:
            self._not_recorded("full", "refused", "disk-full", str(error))
        except (OSError, MemoryError) as error:
            self._not_recorded("failed", "failed", "disk-failed", str(error))
        else:
            self._recent = self._recent[-_RECENT + 1 :] + [(tap.ref, now)]
            self.feedback.say(self._praise(tap))
            self.forwarder.wake()

    def _praise(self, tap) -> str:
        if "random-uid" in tap.flags:
            return "random-uid"
        return "recorded-loud" if self.log.fill >= LOUD else "recorded"

    def _not_recorded(self, word: str, counter: str, event: str, why: str) -> None:
        self.counters[counter] += 1
        self.feedback.say(word)
        self.note(event, {"why": why}, quiet=True)
        gc.collect()

    def _trouble(self, trouble) -> None:
        if trouble.word == "reader-dead":
            self.reader_state, self.feedback.idle = "silent", "reader-dead"
        elif trouble.word in ("reader-back", "reader-reset"):
            self.reader_state, self.feedback.idle = "ok", "ready"
        if trouble.word in TROUBLES:
            self.feedback.say(trouble.word)
        if trouble.word in EVIDENCE:
            self.note(EVIDENCE[trouble.word], {"why": trouble.detail}, quiet=True)

    # link

    async def _link(self, alive) -> None:
        backoff = Backoff(most_ms=self.settings["broker.retry_s"] * 1000)
        self.client.alive = alive
        while True:
            await self._wait(alive, 500)
            if not self.wifi.up:
                continue
            if self._update_url is not None:
                await self._update(alive)
            gc.collect()
            try:
                self.counters["connects"] += 1
                await self.client.run(self._hello(), self._online)
                backoff.reset()
            except Refused as error:
                self._broken(error)
                await self._wait(alive, 30_000)
            except OSError as error:
                self._broken(error)
            if self._proved_lately:
                backoff.reset()
                self._proved_lately = False
            await self._wait(alive, backoff.next())

    def _hello(self):
        settings = self.settings
        user, password = settings["broker.user"] or None, settings["broker.password"] or None
        return self.name, self.forwarder.topic + "/status", self.forwarder.will, user, password

    async def _online(self) -> None:
        self._health_at = self.uptime()  # health at once
        await self.forwarder.work()

    # The birth is out and the broker took it: this software works.
    def connected(self) -> None:
        self._proved_lately = True
        self.last_error = ""
        if not self._proved and self.reader_state == "ok":
            self._proved = True
            if self._updates is not None:
                self._updates.confirm()

    def _broken(self, error) -> None:
        self.counters["broken"] += 1
        self.last_error = str(error)
        print("link:", self.last_error)

    async def _wait(self, alive, milliseconds: int) -> None:
        while milliseconds > 0:
            alive()
            await asyncio.sleep_ms(min(milliseconds, 500))
            milliseconds -= 500

    async def _update(self, alive) -> None:
        url, self._update_url = self._update_url, None
        self.feedback.say("updating")
        self.feedback.idle = "updating"
        try:
            version = await self._updates.run(url, alive)
        except OSError as error:
            self.note("command-received", {"verb": "update", "outcome": "failed: " + str(error)})
            self.feedback.idle = "ready"
            return
        self.note("command-received", {"verb": "update", "outcome": "installed " + version})
        self._write_notes()
        self.log.save_marks(self.clock.text())
        self.board.reset()

    # clock

    async def _keep_time(self, alive) -> None:
        due = 0
        while True:
            alive()
            if self.uptime() >= due:
                self._read_rtc()
                due = self.uptime() + (_SYNC_MS if await self._ask_network() else _RETRY_SYNC_MS)
            await asyncio.sleep_ms(1000)

    async def _ask_network(self) -> bool:
        host = self.settings["ntp.host"]
        if not host:
            return True
        if not self.wifi.up:
            return False
        from firmware.sntp import ask

        exchange, port = self.board.exchange, self.settings["ntp.port"]
        try:
            unix = await ask(lambda packet: exchange(host, port, packet), self.uptime, self.clock.plausible, os.urandom)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            self.counters["ntp-failed"] = self.counters.get("ntp-failed", 0) + 1
            self.last_error = "ntp: " + str(error)
            return False
        finally:
            unload("firmware.sntp")
        self.take_time(unix, "ntp")
        return True

    # The battery clock is asked when nothing better is known, and when the crystal has run alone for long.
    def _read_rtc(self) -> None:
        if self.rtc is None or (self.clock.state == "synced" and self.clock.source != "rtc"):
            return
        from firmware.ds3231 import DS3231

        unix, why = DS3231(self.rtc).read(BUILT)
        unload("firmware.ds3231")
        if unix is not None:
            self.take_time(unix, "rtc", steady=True)
        elif self.clock.state == "unset":
            self.note("clock-lost", {"why": "battery clock: " + why}, quiet=True)

    # Whether there is a battery clock that now keeps this time.
    def _set_rtc(self, unix: int) -> bool:
        if self.rtc is None:
            return False
        from firmware.ds3231 import DS3231

        try:
            DS3231(self.rtc).write(unix)
        except OSError:
            return False
        finally:
            unload("firmware.ds3231")
        return True

    # upkeep

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
