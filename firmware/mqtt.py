# An MQTT 3.1.1 client for one connection at a time, QoS 1 out and in.
#
# How it works. `run` connects, then lets three tasks live until the first of them fails: one reads packets, one minds
# the time (pings, answers that do not come), one does the caller's work, which publishes. Whatever goes wrong - end of
# stream, a time-out, a packet that makes no sense - ends as one OSError from `run`; nothing of the connection is left.
# The session is always clean: what must survive is in the flash log, so nothing is ever sent again from here. A PUBACK
# for a packet that nobody waits for is a duplicate and means nothing; Session Present is no error (MQTT-3.2.2-2 allows
# none here, but brokers that set it are no reason to stay silent).

import asyncio

from micropython import const

from firmware import packets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LARGEST = const(6144)  # bytes of a payload that is taken; a larger one is acknowledged, counted and dropped
_PATIENCE_MS = const(30_000)  # for a connection, a PUBACK, a PINGRESP


# The broker said no; trying again soon is of no use.
class Refused(OSError):
    pass


class Client:
    # `connect`: a coroutine function that gives a pair of streams. `ticks`: a monotonic clock, milliseconds that never
    # wrap. To be set: `received(topic, payload)` hears of messages, `settled(tag)` of publishes that were acknowledged.
    def __init__(self, connect, ticks, window=4, keepalive=60):
        self._connect, self._ticks = connect, ticks
        self.received: Any = None
        self.settled: Any = None
        self.window, self._keepalive = window, keepalive
        self._pid = 0
        self.dropped = 0  # messages that were too large
        self.connected = False
        self.alive = None  # is called once a second while connected
        self._streams: Any = None
        self._reset()

    def _reset(self):
        self._flying: dict[int, tuple[Any, int]] = {}  # packet id -> (tag, since when)
        self._error: OSError | None = None
        self._leaving = False
        self._over = asyncio.Event()
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._heard = self._said = self._ticks()
        self._pinged = None
        self._subscribed = b""

    # Be connected while `work()` does not end. `hello`: (client id, will topic, will payload, user, password).
    # Raises OSError when it is over, Refused when the broker said no; returns when `work` did.
    async def run(self, hello, work):
        self._reset()
        tasks = []
        try:
            await asyncio.wait_for_ms(self._begin(hello), _PATIENCE_MS)
            self.connected = True
            for job in (self._read, self._mind, work):
                tasks.append(asyncio.create_task(self._guard(job)))
            await self._over.wait()
        except asyncio.TimeoutError:
            raise OSError("the broker does not answer")
        except (ValueError, EOFError) as error:  # a certificate that is refused is a ValueError
            raise OSError(_text(error))
        finally:
            self.connected = False
            for task in tasks:
                task.cancel()
            await self._close()
        if self._error is not None:
            raise self._error

    # Send a message and wait only until it may go; `tag` comes back through `settled`. Raises OSError.
    async def publish(self, topic, payload, retain=False, tag=None):
        while len(self._flying) >= self.window:
            self._changed.clear()
            await self._changed.wait()
        self._alive()
        pid = self._next_pid()
        self._flying[pid] = (tag, self._ticks())
        await self._send(packets.publish(pid, topic, len(payload), retain), payload)

    # Raises OSError when the broker grants less than QoS 1 on any of the topics.
    async def subscribe(self, topics):
        pid = self._next_pid()
        self._subscribed = b""
        self._flying[pid] = (None, self._ticks())
        await self._send(packets.subscribe(pid, topics))
        while not self._granted():
            self._changed.clear()
            await self._changed.wait()
            self._alive()
        if any([code not in (1, 2) for code in self._granted()]):
            raise OSError("the broker refuses a subscription")

    def _granted(self):
        return self._subscribed

    # Wait until everything sent was acknowledged.
    async def flush(self):
        while self._flying:
            self._changed.clear()
            await self._changed.wait()
            self._alive()

    # Say goodbye: the broker then does not publish the will.
    async def disconnect(self):
        self._leaving = True
        await self._send(packets.DISCONNECT)

    def _alive(self):
        if self._error is not None:
            raise self._error

    def _next_pid(self):
        while True:
            self._pid = self._pid % 65535 + 1
            if self._pid not in self._flying:
                return self._pid

    async def _begin(self, hello):
        client_id, topic, payload, user, password = hello
        self._streams = await self._connect()
        await self._send(packets.connect(client_id, self._keepalive, (topic, payload), user, password))
        first, size = await self._head()
        if first != packets.CONNACK or size != 2:
            raise OSError("this is no MQTT broker")
        code = (await self._exactly(2))[1]
        if code:
            raise Refused(packets.REFUSALS[code] if code < len(packets.REFUSALS) else "refused: %d" % code)

    async def _guard(self, job):
        try:
            await job()
        except OSError as error:
            self._fail(error)
        except (EOFError, ValueError, IndexError, MemoryError) as error:
            self._fail(OSError(_text(error)))
        finally:
            self._over.set()

    def _fail(self, error):
        if self._error is None and not self._leaving:
            self._error = error
        self._changed.set()

    async def _close(self):
        if self._streams is None:
            return
        writer = self._streams[1]
        self._streams = None
        try:
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass  # it is gone already

    async def _send(self, head, payload=None):
        # Two tasks that drain one stream would mix up their bytes: one at a time.
        async with self._lock:
            if self._streams is None:
                raise OSError("not connected")
            writer = self._streams[1]
            writer.write(head)
            if payload is not None:
                writer.write(payload)
            await writer.drain()
        self._said = self._ticks()

    async def _exactly(self, size):
        return await self._streams[0].readexactly(size) if size else b""

    async def _head(self):
        first = (await self._exactly(1))[0]
        self._heard = self._ticks()
        size = shift = 0
        while True:
            byte = (await self._exactly(1))[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return first, size
            if shift > 21:
                raise _nonsense()

    async def _read(self):
        while True:
            first, size = await self._head()
            kind = first & 0xF0
            if kind == packets.PUBLISH:
                await self._message(first, size)
                continue
            if size > 64:
                raise _nonsense()
            body = await self._exactly(size)
            if kind == packets.PUBACK:
                self._landed(int.from_bytes(body[:2], "big"))
            elif kind == packets.SUBACK:
                self._landed(int.from_bytes(body[:2], "big"))
                self._subscribed = body[2:]
            elif kind == packets.PINGRESP:
                self._pinged = None

    def _landed(self, pid):
        found = self._flying.pop(pid, None)
        if found is not None and found[0] is not None:
            self.settled(found[0])
        self._changed.set()

    async def _message(self, first, size):
        qos = first >> 1 & 3
        name = int.from_bytes(await self._exactly(2), "big")
        size -= 2 + name + (2 if qos else 0)
        if size < 0 or name > 256 or qos > 1:
            raise _nonsense()
        topic = (await self._exactly(name)).decode()
        pid = int.from_bytes(await self._exactly(2), "big") if qos else 0
        if size > _LARGEST:
            self.dropped += 1
            while size:
                size -= len(await self._exactly(min(size, 256)))
        else:
            self.received(topic, await self._exactly(size))
        if pid:
            await self._send(packets.puback(pid))

    async def _mind(self):
        while True:
            await asyncio.sleep_ms(1000)
            if self.alive is not None:
                self.alive()
            now = self._ticks()
            late = [since for _, since in self._flying.values() if now - since > _PATIENCE_MS]
            if late or (self._pinged is not None and now - self._pinged > _PATIENCE_MS):
                raise OSError("the broker does not answer")
            idle = now - min(self._said, self._heard)
            if self._pinged is None and idle > self._keepalive * 500:
                self._pinged = now
                await self._send(packets.PINGREQ)


def _nonsense():
    return OSError("the broker sends no MQTT")


def _text(error):
    return str(error) or "the broker closed the connection"
