# Streams in memory, and an MQTT broker at their other end with bad habits. Nothing of it is shared with the firmware.

import asyncio


class Pipe:
    def __init__(self):
        self.held = bytearray()
        self.changed = asyncio.Event()
        self.ended = False  # the writer closed it
        self.broken = False  # the line is gone

    def put(self, raw):
        self.held.extend(raw)
        self.changed.set()

    def end(self):
        self.ended = True
        self.changed.set()

    def cut(self):
        self.broken = True
        self.changed.set()

    async def exactly(self, size):
        while len(self.held) < size:
            if self.broken:
                raise OSError(103)
            if self.ended:
                raise EOFError
            self.changed.clear()
            await self.changed.wait()
        raw = bytes(self.held[:size])
        self.held = self.held[size:]
        return raw


class Stream:
    def __init__(self, read, write):
        self._read, self._write = read, write

    async def readexactly(self, size):
        return await self._read.exactly(size)

    def write(self, raw):
        self._write.put(raw)

    async def drain(self):
        await asyncio.sleep_ms(0)
        if self._write.broken:
            raise OSError(103)

    def close(self):
        self._write.end()

    async def wait_closed(self):
        pass


class Broker:
    def __init__(self):
        self.up = True
        self.retained = {}
        self.taken = []  # (topic, payload, retain, pid, dup) of every PUBLISH, if it is to be kept
        self.keep = True
        self.on_publish = None  # called with (topic, payload)
        self.sessions = []
        self.refuse = 0
        self.session_present = False
        self.twice = False  # every PUBACK comes twice
        self.silent = False  # no PUBACK comes
        self.hang_up_after = None  # so many PUBLISHes
        self.pings = 0
        self.connects = []
        self.count = 0
        self.pids = None  # a set of what was seen, if wanted
        self.wrong = []

    async def connect(self):
        if not self.up:
            raise OSError(111)
        up, down = Pipe(), Pipe()
        session = Session(self, up, down)
        self.sessions.append(session)
        session.task = asyncio.create_task(session.run())
        stream = Stream(down, up)
        return stream, stream

    # The line or the broker goes: every connection breaks.
    def cut(self):
        for session in self.sessions:
            session.cut()
        self.sessions = []

    # A message from somebody else.
    def publish(self, topic, payload, retain=False):
        if retain:
            self.retained[topic] = payload
        for session in self.sessions:
            session.offer(topic, payload)


def number(raw):
    return int.from_bytes(raw, "big")


class Session:
    def __init__(self, broker, up, down):
        self.broker, self.up, self.down = broker, up, down
        self.filters = []
        self.will = None
        self.pid = 0
        self.task = None

    def cut(self):
        self.up.cut()
        self.down.cut()

    async def run(self):
        try:
            while await self._packet():
                pass
        except (OSError, EOFError):
            if self.will is not None:
                self.broker.publish(self.will[0], self.will[1], True)
        self.down.end()
        if self in self.broker.sessions:
            self.broker.sessions.remove(self)

    async def _packet(self):
        first = (await self.up.exactly(1))[0]
        size = shift = 0
        while True:
            byte = (await self.up.exactly(1))[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        body = await self.up.exactly(size) if size else b""
        kind = first >> 4
        if kind == 1:
            return self._connect(body)
        if kind == 3:
            return self._publish(first, body)
        if kind == 8:
            return self._subscribe(body)
        if kind == 12:
            self.broker.pings += 1
            self.down.put(b"\xd0\x00")
        if kind == 14:
            self.will = None
            return False
        return True

    def _connect(self, body):
        broker = self.broker
        if body[:7] != b"\x00\x04MQTT\x04":
            broker.wrong.append("no MQTT 3.1.1")
        flags, at = body[7], 10
        texts = []
        while at < len(body):
            length = number(body[at : at + 2])
            texts.append(body[at + 2 : at + 2 + length])
            at += 2 + length
        broker.connects.append((texts[0].decode(), flags, number(body[8:10])))
        self.will = (texts[1].decode(), texts[2])
        self.down.put(b"\x20\x02" + bytes((1 if broker.session_present else 0, broker.refuse)))
        return not broker.refuse

    def _publish(self, first, body):
        broker = self.broker
        length = number(body[:2])
        topic, pid = body[2 : 2 + length].decode(), number(body[2 + length : 4 + length])
        payload = body[4 + length :]
        if first & 6 != 2 or pid == 0:
            broker.wrong.append("QoS %d, packet id %d" % (first >> 1 & 3, pid))
        broker.count += 1
        if broker.pids is not None:
            broker.pids.add(pid)
        if broker.keep:
            broker.taken.append((topic, payload, first & 1, pid, first & 8))
        if first & 1:
            broker.retained[topic] = payload
        if broker.hang_up_after is not None:
            broker.hang_up_after -= 1
            if broker.hang_up_after < 0:
                broker.hang_up_after = None
                return False
        if broker.on_publish is not None:
            broker.on_publish(topic, payload)
        if not broker.silent:
            for _ in range(2 if broker.twice else 1):
                self.down.put(b"\x40\x02" + pid.to_bytes(2, "big"))
        return True

    def _subscribe(self, body):
        at, codes = 2, b""
        while at < len(body):
            length = number(body[at : at + 2])
            self.filters.append(body[at + 2 : at + 2 + length].decode())
            codes += body[at + 2 + length : at + 3 + length]
            at += 3 + length
        self.down.put(b"\x90" + bytes((2 + len(codes),)) + body[:2] + codes)
        for topic, payload in self.broker.retained.items():
            self.offer(topic, payload)
        return True

    def offer(self, topic, payload):
        if not any([matches(one, topic) for one in self.filters]):
            return
        self.pid = self.pid % 65535 + 1
        name = topic.encode()
        size = 4 + len(name) + len(payload)
        length = bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))
        if size >= 16384:
            length = bytes((size & 127 | 128, size >> 7 & 127 | 128, size >> 14))
        self.down.put(b"\x32" + length + len(name).to_bytes(2, "big") + name + self.pid.to_bytes(2, "big") + payload)


def matches(wanted, topic):
    if wanted.endswith("+"):
        return topic.startswith(wanted[:-1]) and "/" not in topic[len(wanted) - 1 :]
    return wanted == topic
