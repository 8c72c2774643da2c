# Writes the entries: taps, evidence, checkpoints. Everything they say about time comes from here.

from collections import OrderedDict

from contract import entry
from contract.chain import GENESIS
from contract.checkpoint import HMAC, MOST, key_name, signed_text
from firmware.mac import hmac_sha256

QUIET_MS = 600_000  # the same kind of evidence makes one entry in so long; how often it was is in the next


class Recorder:
    # `mac`: (key, its number) or None: then there are no checkpoints. `boot`: number of this start.
    def __init__(self, log, clock, uptime, boot, serial, mac, checkpoint_ms):
        self._log, self._clock, self._uptime = log, clock, uptime
        self.boot, self._serial, self._mac = boot, serial, mac
        self._checkpoint_ms = checkpoint_ms
        self._uncovered = 0
        self._since = 0
        self._told = {}  # word -> [when it was last told, how often it was kept back since]
        self.last_punch = None

    # A tap, durable once this returns. Raises LogFull, OSError.
    def punch(self, tap):
        known = self._clock.state != "unset"
        time = self._clock.text() if known else None
        device: dict[str, object] = OrderedDict((("serial", self._serial),))
        if tap.flags:
            device["flags"] = list(tap.flags)
        data = OrderedDict(
            (
                ("method", tap.method),
                ("direction", "none"),
                ("origin", "live"),
                ("clock", self._clock_facts()),
                ("device", device),
                ("raw", tap.raw.hex()),
            )
        )
        subject = tap.scheme + ":" + tap.ref
        sequence = self._log.append(entry.PUNCH, data, self._clock.text(), subject, time)
        self.last_punch = time
        self._count()
        return sequence

    # Evidence: `event` is a word of contract/audit.py. Returns whether it was written. Raises LogFull, OSError.
    def audit(self, event, detail, quiet=False):
        if quiet and self._keep_back(event, detail):
            return False
        data = OrderedDict((("event", event), ("detail", detail)))
        self._log.append(entry.AUDIT, data, self._clock.text(), spare=True)
        self._count()
        return True

    # Write what the log found out about itself. What the flash refuses now is told the next time.
    def tell_findings(self):
        while self._log.findings:
            self.audit(*self._log.findings[0])
            del self._log.findings[0]

    # A checkpoint, if one is due.
    def checkpoint(self):
        if self._mac is None or not self._uncovered:
            return
        if self._uncovered < MOST and self._uptime() - self._since < self._checkpoint_ms:
            return
        log = self._log
        sequence, digest = entry.sequence_text(log.next - 1), log.head
        if digest == GENESIS:
            return
        data: dict[str, object] = OrderedDict((("sequence", sequence), ("hash", digest), ("algorithm", HMAC)))
        data["key"] = key_name(self._mac[1].encode())
        data["signature"] = hmac_sha256(self._mac[0], signed_text(log.logid, log.next - 1, digest)).hex()
        log.append(entry.CHECKPOINT, data, self._clock.text(), spare=True)
        self._uncovered = 0

    # Boot and ticks of this moment: with one such pair and a time the server can place every tap of this boot.
    def moment(self):
        return OrderedDict((("boot", self.boot), ("ticks_ms", self._uptime())))

    def _clock_facts(self):
        return OrderedDict((("state", self._clock.state), ("boot", self.boot), ("ticks_ms", self._uptime())))

    def _keep_back(self, event, detail):
        now = self._uptime()
        told = self._told.get(event)
        if told is not None and now - told[0] < QUIET_MS:
            told[1] += 1
            return True
        if told is not None and told[1]:
            detail["before"] = told[1]
        self._told[event] = [now, 0]
        return False

    def _count(self):
        if not self._uncovered:
            self._since = self._uptime()
        self._uncovered += 1
