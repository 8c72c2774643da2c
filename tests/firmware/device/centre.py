# A centre in the small world: holds what reaches it, sends watermarks, and judges the chains.

from contract import entry, messages, topics
from contract.chain import GENESIS, entry_hash
from contract.watermark import build_ack

NAME, SITE = "pintu-1", "kec-pampangan"


class Centre:
    # `delay_ms`: from the broker to the commit. Judges everything it gets.
    def __init__(self, time, broker, delay_ms=200):
        self.time, self.broker, self.delay = time, broker, delay_ms
        self.queue = []  # (due, topic, payload): with the broker, not yet with the centre
        self.logs = {}  # logid -> {sequence: raw}
        self.through = {}
        self.punches = {}  # (source, id) -> how many sequences of one log hold it, at most
        self.again = 0
        self.broken = []
        self.acking = True
        broker.on_publish = self.published
        self.online(True)

    def online(self, yes):
        state = messages.ONLINE if yes else messages.OFFLINE
        self.broker.publish(topics.CENTRAL_STATUS, messages.build_central(state, writable=yes), True)

    def published(self, topic, payload):
        if "/log/" in topic:
            self.queue.append((self.time.ms + self.delay, topic, payload))

    # Commit what is due and send watermarks.
    def work(self):
        changed = set()
        while self.queue and self.queue[0][0] <= self.time.ms:
            changed.add(self.take(self.queue.pop(0)[2]))
        for logid in changed:
            self.ack(logid)

    def take(self, raw):
        event = entry.parse(raw)
        logid, sequence = event["logid"], int(event["sequence"])
        held = self.logs.setdefault(logid, {})
        if sequence in held:
            self.again += 1
            if held[sequence] != raw:
                self.broken.append((logid, sequence, "other bytes"))
            return logid
        held[sequence] = raw
        if event["type"] == "ketuk.punch.v1":
            key = (event["source"], event["id"])
            self.punches.setdefault(key, {}).setdefault(logid, []).append(sequence)
        through = self.through.get(logid, 0)
        while through + 1 in held:
            through += 1
        self.through[logid] = through
        return logid

    def missing(self, logid):
        held, through = self.logs[logid], self.through[logid]
        holes, after = [], through
        for sequence in sorted(held):
            if sequence > after + 1:
                holes.append([after + 1, sequence - 1])
            after = max(after, sequence)
        return holes

    def ack(self, logid, digest=None):
        if not self.acking:
            return
        through = self.through.get(logid, 0)
        if digest is None:
            digest = entry_hash(self.logs[logid][through]) if through else GENESIS
        self.broker.publish(topics.ack(SITE, NAME), build_ack(logid, through, digest, self.missing(logid)), True)

    # Restored from a backup: nothing above `through` is held.
    def forget(self, logid, through):
        for sequence in list(self.logs[logid]):
            if sequence > through:
                del self.logs[logid][sequence]
        self.through[logid] = min(self.through[logid], through)
        self.ack(logid)

    # Whether every log is whole: no hole, each hash that of the entry before.
    def check_chains(self, whole=True):
        assert not self.broken, self.broken
        for logid, held in self.logs.items():
            prev = GENESIS
            for sequence in sorted(held):
                event = entry.parse(held[sequence])
                if sequence - 1 in held or sequence == 1:
                    assert event["prevhash"] == prev, (logid, sequence)
                prev = entry_hash(held[sequence])
            if whole:
                assert self.through[logid] == max(held), (logid, self.missing(logid))

    # How often each card's tap is held, as facts.
    def facts(self, kind="punch"):
        found = []
        seen = set()
        for logid in self.logs:
            for sequence in sorted(self.logs[logid]):
                event = entry.parse(self.logs[logid][sequence])
                key = (event["source"], event["id"])
                if event["type"] == "ketuk." + kind + ".v1" and key not in seen:
                    seen.add(key)
                    found.append(event)
        return found
