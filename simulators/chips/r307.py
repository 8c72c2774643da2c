"""R307 / ZFM-20 finger sensor on its UART (ZFM-20 data sheet, chapters 4 and 5).

Fingers are names; a template is the name kept in a slot. It answers one command after the other, in order. What the
data sheet does not know is answered with 01 and noted in `abuse`, like wrong lengths and sums.
"""

from simulators.chips.pins import Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.clock import RealClock, VirtualClock
    from simulators.chips.uart import Uart

_QUIET_US = 500_000
_TIMES_US = {0x01: 120_000, 0x02: 250_000, 0x04: 90_000}
_ANSWER_US = 15_000
_LENGTHS = {0x01: 1, 0x02: 2, 0x04: 6, 0x0F: 1, 0x13: 5, 0x1D: 1}


class R307:
    """The sensor: `press`, `lift` and the `slots` on one side, a UART and a power pin on the other.

    Faults: `mute` hears nothing until `cure`; `late` delays the next answer to a command
    (code: microseconds); `restart` is a dip of the supply;
    `messy` presses cannot be used; the line's own faults are the UART's.
    """

    def __init__(self, clock: "VirtualClock | RealClock", uart: "Uart", capacity: int = 162) -> None:
        self._clock = clock
        self._uart = uart
        self.power = Pin(1, self._switched)
        self.capacity = capacity
        self.address = b"\xff\xff\xff\xff"
        self.password = b"\x00\x00\x00\x00"
        self.slots: dict[int, str] = {}
        self.finger: str | None = None
        self.messy = False
        self.late: dict[int, int] = {}
        self.mute = ""
        self.abuse: list[str] = []
        uart.on_write = self._heard
        self._handlers = {
            0x01: self._get_image,
            0x02: self._img2tz,
            0x04: self._search,
            0x0F: self._read_parameters,
            0x13: self._verify_password,
            0x1D: self._template_count,
        }
        self.restart(quiet_us=0)

    def press(self, finger: str, *, messy: bool = False) -> None:
        """A finger is on the glass."""
        self.finger, self.messy = finger, messy

    def lift(self) -> None:
        """The glass is free."""
        self.finger = None

    def restart(self, quiet_us: int = _QUIET_US) -> None:
        """Power came back: what it had in hand is gone, and it says 55 when it is ready."""
        self._uart.silence()
        self._input = b""
        self._image: str | None = None
        self._image_messy = False
        self._buffers: dict[int, str] = {}
        self._open = self.password == b"\x00\x00\x00\x00"
        self._ready_us = self._clock.us() + quiet_us
        self._free_us = self._ready_us
        if quiet_us:
            self._uart.send(b"\x55", quiet_us)

    def _switched(self, level: int) -> None:
        self._uart.silence()
        if level:
            if self.mute == "power":
                self.mute = ""
            self.restart()

    # -- packets

    def _heard(self, data: bytes) -> None:
        if not self.power.value() or self.mute or self._clock.us() < self._ready_us:
            return
        self._input += data
        while len(self._input) >= 9:
            if self._input[:2] != b"\xef\x01":
                self._input = self._input[1:]
                continue
            length = self._input[7] << 8 | self._input[8]
            if len(self._input) < 9 + length:
                return
            packet, self._input = self._input[: 9 + length], self._input[9 + length :]
            self._packet(packet)

    def _packet(self, packet: bytes) -> None:
        if packet[2:6] != self.address:
            self.abuse.append("wrong address")
            return
        body, check = packet[9:-2], packet[-2] << 8 | packet[-1]
        if packet[6] != 0x01 or not body or sum(packet[6:-2]) & 0xFFFF != check:
            self.abuse.append("bad packet " + packet.hex())
            self._say(b"\x01", _ANSWER_US)
            return
        code = body[0]
        if _LENGTHS.get(code) != len(body):
            self.abuse.append("refused command " + body.hex())
            self._say(b"\x01", _ANSWER_US)
        elif not self._open and code != 0x13:
            self._say(b"\x21", _ANSWER_US)
        else:
            self._say(self._handlers[code](body), _TIMES_US.get(code, _ANSWER_US) + self.late.pop(code, 0))

    def _say(self, payload: bytes, takes_us: int) -> None:
        now = self._clock.us()
        self._free_us = max(now, self._free_us) + takes_us
        length = len(payload) + 2
        body = bytes((0x07, length >> 8, length & 0xFF)) + payload
        total = sum(body)
        self._uart.send(b"\xef\x01" + self.address + body + bytes((total >> 8, total & 0xFF)), self._free_us - now)

    # -- commands

    def _get_image(self, _body: bytes) -> bytes:
        self._image, self._image_messy = self.finger, self.messy
        return b"\x02" if self.finger is None else b"\x00"

    def _img2tz(self, body: bytes) -> bytes:
        if self._image is None:
            return b"\x15"
        if self._image_messy:
            return b"\x06"
        self._buffers[body[1]] = self._image
        return b"\x00"

    def _search(self, body: bytes) -> bytes:
        first, count = body[2] << 8 | body[3], body[4] << 8 | body[5]
        if first + count > self.capacity:
            self.abuse.append("search beyond the capacity")
        finger = self._buffers.get(body[1])
        for slot in sorted(self.slots):
            if finger is not None and self.slots[slot] == finger and first <= slot < first + count:
                return bytes((0x00, slot >> 8, slot & 0xFF, 0x00, 0x78))
        return b"\x09\x00\x00\x00\x00"

    def _read_parameters(self, _body: bytes) -> bytes:
        size = bytes((self.capacity >> 8, self.capacity & 0xFF))
        return b"\x00\x00\x00\x00\x00" + size + b"\x00\x03" + self.address + b"\x00\x02\x00\x06"

    def _verify_password(self, body: bytes) -> bytes:
        self._open = body[1:] == self.password
        return b"\x00" if self._open else b"\x13"

    def _template_count(self, _body: bytes) -> bytes:
        return bytes((0x00, len(self.slots) >> 8, len(self.slots) & 0xFF))
