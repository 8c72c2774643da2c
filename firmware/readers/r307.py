# R307 and ZFM-20 finger sensors over UART. Templates stay in the sensor; a tap is the number of the slot that matched.
#
# The known trouble of such drivers: an answer that came too late is taken for the answer to the next question, and
# every finger is somebody. Here a packet counts only with header, address, kind, sum and the one length that its
# question has; and after anything odd nothing is asked before the line is back in step: it must be quiet, then the
# sensor must answer ReadSysPara, the only answer of 17 bytes. Answers come in order, so nothing older can follow that
# one.

import asyncio
import time

from micropython import const

from firmware.readers import r307_packet
from firmware.readers.presence import Presence
from firmware.readers.reader import Reader
from firmware.readers.tap import Tap, Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.readers.buses import Pin, Ticks, Uart

_GET_IMAGE = b"\x01"
_CHARACTERISTICS = b"\x02\x01"
_READ_PARAMETERS = b"\x0f"
_COUNT = b"\x1d"

_OK = const(0x00)
_NO_FINGER = const(0x02)
_BLURRED = const(0x03)
_MESSY = const(0x06)
_TOO_FEW = const(0x07)
_NOT_FOUND = const(0x09)
_READY = const(0x55)

_ROOM = const(80)
_TRIES = const(3)
_PATIENCE = const(2)
_STEP_MS = const(5)


class R307(Reader):
    PAUSE_MS = 150

    # uart: 57600 8N1, rxbuf 256 or more. power: a pin that switches the sensor, 1 = on, or None.
    def __init__(
        self,
        uart: "Uart",
        power: "Pin | None" = None,
        ticks_ms: "Ticks" = time.ticks_ms,
        check_ms: int = 10_000,
        address: bytes = b"\xff\xff\xff\xff",
        password: bytes = b"\x00\x00\x00\x00",
    ) -> None:
        super().__init__(ticks_ms, check_ms)
        self._uart = uart
        self._power = power
        self._address = address
        self._password = password
        self._room = bytearray(_ROOM)
        self._held = 0
        self._presence = Presence(2)
        self._in_step = False
        self._failures = 0
        self._tries = 0
        self.capacity = 0
        self.templates = 0

    async def _healthy(self) -> bool:
        await self._get_in_step()
        return True

    async def _soft(self) -> None:
        self._failures = 0
        self._in_step = False

    async def _hard(self) -> None:
        if self._power is not None:
            self._power(0)
            await asyncio.sleep_ms(500)
            self._power(1)
        await asyncio.sleep_ms(600)  # it wants 500 ms of quiet after power came
        await self._soft()

    async def _get_in_step(self) -> None:
        await self._quiet()
        if (await self._ask(b"\x13" + self._password, 1, 1000))[0] != _OK:
            raise OSError("password refused")
        answer = await self._ask(_READ_PARAMETERS, 17, 1000)
        self.capacity = answer[5] << 8 | answer[6]
        count = await self._ask(_COUNT, 3, 1000)
        self.templates = count[1] << 8 | count[2]
        self._in_step = True

    # Until nothing has come for 100 ms.
    async def _quiet(self) -> None:
        quiet = 0
        for _ in range(300):
            if self._uart.any():
                self._uart.read(_ROOM)
                quiet = 0
            quiet += 1
            if quiet > 100 // _STEP_MS:
                return
            await asyncio.sleep_ms(_STEP_MS)
        raise OSError("the line is never quiet")

    async def _read(self, out: "list[Tap | Trouble]") -> None:
        try:
            if not self._in_step or self._uart.any():
                await self._get_in_step()
            await self._look(out)
            self._failures = 0
        except OSError:
            self._in_step = False
            self._misread()
            self._failures += 1
            if self._failures >= _PATIENCE:
                raise

    async def _look(self, out: "list[Tap | Trouble]") -> None:
        code = (await self._ask(_GET_IMAGE, 1, 1000))[0]
        if code == _NO_FINGER:
            self._presence.nothing()
            if not self._presence.somebody():
                self._tries = 0
            return
        self._presence.once("finger")
        if self._tries < _TRIES:
            self._tries += 1
            await self._identify(code, out)

    # A finger that was told, or tried often enough, has to be lifted before it is looked at again: _tries stays.
    async def _identify(self, code: int, out: "list[Tap | Trouble]") -> None:
        if code == _OK:
            code = (await self._ask(_CHARACTERISTICS, 1, 2000))[0]
        if code not in (_OK, _BLURRED, _MESSY, _TOO_FEW):
            raise OSError(f"code {code:02X}")
        if code != _OK:
            if self._tries == _TRIES:
                out.append(Trouble("bad-frame", f"finger not readable, code {code:02X}"))
            return
        search = bytes((0x04, 1, 0, 0, self.capacity >> 8, self.capacity & 0xFF))
        found = await self._ask(search, 5, 3000)
        slot = found[1] << 8 | found[2]
        if found[0] == _OK and slot < self.capacity:
            self._tries = _TRIES
            self.counters["taps"] += 1
            out.append(Tap("finger", "pin", str(slot), bytes(self._room[: self._held]), ()))
        elif found[0] not in (_OK, _NOT_FOUND):
            raise OSError(f"search failed, code {found[0]:02X}")
        elif self._tries == _TRIES:
            out.append(Trouble("unknown-finger", f"{self.templates} templates in the sensor"))

    # Sends a command; its answer must have so many bytes of payload.
    async def _ask(self, body: bytes, length: int, wait_ms: int) -> bytes:
        self._send(body)
        answer = await self._answer(wait_ms)
        if len(answer) != length:
            raise OSError("answer to another question")
        return answer

    def _send(self, body: bytes) -> None:
        if self._uart.any():
            raise OSError("bytes that nobody asked for")
        self._uart.write(r307_packet.build(self._address, body))

    # The payload of the next packet.
    async def _answer(self, wait_ms: int) -> bytes:
        self._held = 0
        for _ in range(wait_ms // _STEP_MS):
            await asyncio.sleep_ms(_STEP_MS)
            while self._uart.any():
                more = self._uart.read(1)
                if not more:
                    break
                self._room[self._held] = more[0]
                self._held += 1
                kind, end = r307_packet.parse(self._room, self._held, self._address)
                if kind == r307_packet.ACK:
                    return bytes(self._room[9:end])
                if kind == r307_packet.BAD:
                    raise OSError("sensor restarted" if self._room[0] == _READY else "bad packet")
        raise OSError("no answer")


# The pin `reset` switches the sensor's power. Address and password come as hex digits.
def make(board, settings, options):
    given = dict(options)
    for name in ("address", "password"):
        if name in given:
            given[name] = bytes.fromhex(given[name])
    return R307(board.uart(settings, 57_600), board.output(settings["pins.reset"]), **given)
