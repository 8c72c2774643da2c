# Publishes the log and takes the centre's word for what it may forget.
#
# Two marks (kept by the log): published, moved by PUBACKs; confirmed, moved by watermarks. A connection begins where
# `published` stands. What lies between the two goes out again only when a watermark names it missing, when a command
# asks for it, or when the centre is there and its watermark has stood still for `resend_after`: each such try that
# changes nothing doubles the wait. Entries are read a few at a time; nothing else of the log is ever in memory.

import asyncio

from micropython import const

from contract.entry import ContractError
from contract.watermark import parse_ack
from firmware.unload import unload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BATCH = const(2)
_GREETING_MS = const(1500)  # for the retained watermark, which spares sending what is held already
_RESEND_AFTER_MS = const(60_000)
_LONGEST_MS = const(3_600_000)
_RESEND_GAP_MS = const(10_000)
_MAX_REPLAYS = const(8)
_MAX_INBOX = const(8)
_MAX_POSTS = const(8)


class Forwarder:
    # `names`: (site, reader). `owner`, to be set before `work`: note(event, detail, quiet) writes evidence, birth()
    # gives the bytes of the birth message, connected() hears that a connection stands.
    def __init__(self, log, client, names, uptime, confirm="central"):
        self._log, self._client, self._uptime = log, client, uptime
        self.owner: Any = None
        self._confirm = confirm
        self._name_topics(names)
        self.writable = False  # whether the centre takes entries now
        self.leaving = False  # set it to end the connection in good order
        self.inbox = []  # (verb, payload) of commands that wait
        self._posts = []  # (topic, payload, retain): go before any entry
        self._wake = asyncio.Event()
        self._watermark: Any = None
        self._missing, self._replays = [], []
        self._not_before = 0
        self._still_since, self._patience, self._seen = None, _RESEND_AFTER_MS, -1
        self._start()

    # Once: the modules that know the names are not kept.
    def _name_topics(self, names):
        from contract import edge, topics

        self.topic = topics.gateway(*names)
        self._ack, self._central = topics.ack(*names), topics.CENTRAL_STATUS
        self.will, self._goodbye_text = edge.WILL, edge.CLEAN_STOP
        del edge, topics
        unload("contract.topics", "contract.edge")

    def _start(self):
        self._logid = self._log.logid
        self._sent = self._log.published
        self._open = []  # sequences that wait for their PUBACK
        self._ahead = []  # entries read and not sent yet
        self._greeted = False

    # There is something new to do.
    def wake(self):
        self._wake.set()

    # Send this before any entry. Of too many the oldest is dropped: the newer says more.
    def post(self, rest, payload, retain=False):
        if len(self._posts) == _MAX_POSTS:
            del self._posts[0]
        self._posts.append((rest, payload, retain))
        self._wake.set()

    # Publish first..last again, both included; gives how many of them are still held, None when too much is waiting.
    def replay(self, first, last):
        first, last = max(first, self._log.oldest), min(last, self._sent)
        if first > last:
            return 0
        if len(self._replays) == _MAX_REPLAYS:
            return None
        self._replays.append([first, last])
        self._wake.set()
        return last - first + 1

    # What the client hears.
    def received(self, topic, payload):
        if topic == self._ack:
            self._greeted = True
            try:
                self._watermark = parse_ack(payload)
            except ContractError as error:
                self.owner.note("alarm", {"why": str(error)}, quiet=True)
        elif topic == self._central:
            self.writable = _takes(payload)
        elif topic.startswith(self.topic + "/cmd/") and len(self.inbox) < _MAX_INBOX:
            self.inbox.append((topic[len(self.topic) + 5 :], payload))
        self._wake.set()

    # What the client hears of entries: the tag is the sequence, 0 for messages that are none.
    def settled(self, sequence):
        if sequence in self._open:
            self._open.remove(sequence)
            self._log.publish_mark(min(self._open) - 1 if self._open else self._sent)
            if self._confirm == "broker":
                self._log.confirm(self._log.published)
        self._wake.set()

    # The work of one connection; ends by an OSError, or when it was asked to leave and has said goodbye.
    async def work(self):
        self._start()
        self.writable = self.leaving = False
        await self._client.subscribe([self._ack, self._central, self.topic + "/cmd/+"])
        await self._client.publish(self.topic + "/status", self.owner.birth(), retain=True)
        await self._client.flush()
        self.owner.connected()
        waited = 0
        while not self._greeted and waited < _GREETING_MS:
            await asyncio.sleep_ms(100)
            waited += 100
        while True:
            if self._watermark is not None:
                self._judge()
            if self._logid != self._log.logid:
                self._start()
                await self._client.publish(self.topic + "/status", self.owner.birth(), retain=True)
            if self.leaving and not self._posts:
                return await self._goodbye()
            if not await self._step():
                self._stand_still()
                await self._rest()

    async def _goodbye(self):
        await self._client.publish(self.topic + "/status", self._goodbye_text, retain=True)
        await self._client.flush()
        await self._client.disconnect()

    # Let one message go; False when there is none.
    async def _step(self):
        if self._posts:
            rest, payload, retain = self._posts.pop(0)
            await self._client.publish(self.topic + "/" + rest, payload, retain)
            return True
        again = self._next_again()
        if again is not None:
            for one in self._log.read(again - 1, 1):
                if one[0] == again:
                    await self._send(one, 0)
            return True
        if not self._ahead:
            self._ahead = self._log.read(self._sent, _BATCH)
        if not self._ahead:
            return False
        one = self._ahead.pop(0)
        self._sent = one[0]
        self._open.append(one[0])
        await self._send(one, one[0])
        return True

    async def _send(self, one, tag):
        await self._client.publish(self.topic + "/log/" + one[1], one[2], tag=tag)

    async def _rest(self):
        self._wake.clear()
        try:
            await asyncio.wait_for_ms(self._wake.wait(), 1000)
        except asyncio.TimeoutError:
            pass  # the marks of time are looked at once a second

    # The next sequence that somebody asked for, and strike it out.
    def _next_again(self):
        for ranges in (self._missing, self._replays):
            if ranges is self._missing and self._uptime() < self._not_before:
                continue
            if ranges:
                first = ranges[0][0]
                ranges[0][0] += 1
                if ranges[0][0] > ranges[0][1]:
                    del ranges[0]
                    if ranges is self._missing and not ranges:
                        self._not_before = self._uptime() + _RESEND_GAP_MS
                return first
        return None

    # What the newest watermark means for the marks.
    def _judge(self):
        (logid, through, digest, missing), self._watermark = self._watermark, None
        log = self._log
        if logid != log.logid:
            return  # an epoch that is over
        mine = log.hash_of(through)
        if through >= log.next or (mine is not None and mine != digest):
            reason = "the centre holds more than this log" if through >= log.next else "the centre's hash differs"
            log.fork(reason)
            return
        oldest = log.oldest
        if through < log.confirmed:
            self.owner.note("watermark-back", {"from": log.confirmed, "to": through}, quiet=True)
            self._back_to(max(through, oldest - 1))
        elif through > self._sent:
            self._sent = through  # held already, however it got there
            self._ahead = []
        log.publish_mark(max(log.published, through))
        log.confirm(max(oldest - 1, min([through] + [first - 1 for first, _ in missing])))
        self._missing = [
            [max(first, oldest), min(last, self._sent)]
            for first, last in missing
            if first <= self._sent and last >= oldest
        ]

    def _back_to(self, sequence):
        self._sent = min(self._sent, sequence)
        self._ahead, self._open, self._missing = [], [], []
        self._log.publish_mark(self._sent)

    # The centre is there, everything is sent, and nothing moves: a broker must have lost it.
    def _stand_still(self):
        confirmed, now = self._log.confirmed, self._uptime()
        if confirmed != self._seen:
            self._seen, self._patience, self._still_since = confirmed, _RESEND_AFTER_MS, None
        if not self.writable or self._open or confirmed >= self._sent or self._confirm != "central":
            self._still_since = None
        elif self._still_since is None:
            self._still_since = now
        elif now - self._still_since >= self._patience:
            self._still_since = None
            self._patience = min(2 * self._patience, _LONGEST_MS)
            self._back_to(confirmed)


# Whether the centre takes entries now, by its status.
def _takes(payload):
    from contract.edge import parse_central

    try:
        return parse_central(payload)
    except ContractError:
        return False
    finally:
        unload("contract.edge")
