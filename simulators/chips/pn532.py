"""PN532: frames, ACK, abort and the few commands a card reader needs, over SPI and HSU (UM0701-02).

After a reset the chip sleeps until it is woken, and looks for no card before SAMConfiguration. A frame that is wrong
in any point gets no ACK; a command that is unknown or has the wrong parameters gets the error frame. A new command or
the host's ACK ends the running one. With the factory setting InListPassiveTarget looks for a card for ever.
"""

from simulators.chips.activation import find_cards
from simulators.chips.pins import Pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from simulators.chips.clock import RealClock, VirtualClock
    from simulators.chips.field import Field

FAULTS = ("no-ack", "hang", "bad-sum", "bus")
"""no-ack: hears nothing. hang: ACK, then never an answer. bad-sum: wrong DCS. bus: every byte reads FF (SPI)."""

_ACK = bytes((0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00))
_ERROR = bytes((0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00))
_ATS = bytes((0x06, 0x75, 0x77, 0x81, 0x02, 0x80))
_ACK_US = 600
_TRY_US = 6000
_FOREVER = 0xFF


def pack(tfi: int, data: bytes) -> bytes:
    """A normal information frame."""
    body = bytes((tfi,)) + data
    return bytes((0, 0, 0xFF, len(body), 256 - len(body))) + body + bytes((-sum(body) & 0xFF, 0))


class Pn532:
    """The chip. Give it a wire (`pn532_wires`) and hand that and `rst` to the firmware."""

    def __init__(self, clock: "VirtualClock | RealClock", field: "Field") -> None:
        self.clock = clock
        self.field = field
        self.rst = Pin(1, self._reset_pin)
        self.faults: set[str] = set()
        self._cure: dict[str, str] = {}
        self.abuse: list[str] = []
        self.reset()

    def reset(self) -> None:
        """As after power-up; also what a dip of the supply does."""
        self.asleep = True
        self._configured = False
        self._retries = _FOREVER
        self.out: list[tuple[int, bytes]] = []
        self._look_us: int | None = None
        self._most = 1
        self._tries = 0
        self.field.power(on=False)

    def break_(self, fault: str, cure: str) -> None:
        """From now on one of FAULTS, until an "abort" by the host, a "hard" reset, or until `mend` if "none"."""
        if fault not in FAULTS or cure not in ("abort", "hard", "none"):
            raise ValueError(f"no such fault or cure: {fault}, {cure}")
        self.faults.add(fault)
        self._cure[fault] = cure

    def mend(self) -> None:
        """Nothing is broken any more."""
        self.faults.clear()
        self._cure = {}

    def _reset_pin(self, level: int) -> None:
        self._cured("hard")
        if level:
            self._cured("abort")
        self.reset()

    def _cured(self, by: str) -> None:
        for fault in [fault for fault, cure in self._cure.items() if cure == by]:
            del self._cure[fault]
            self.faults.discard(fault)

    # -- frames

    def host(self, raw: bytes) -> None:
        """One frame from the host, with whatever comes before it."""
        self.settle()
        if self.asleep or not self.rst.value():
            return
        start = raw.find(b"\x00\xff")
        body = raw[start + 2 :]
        if start < 0 or len(body) < 3:
            self.abuse.append("no frame: " + raw.hex())
        elif body[:2] == b"\x00\xff":
            self._end_command()
            self._cured("abort")
        elif "no-ack" not in self.faults:
            self._frame(body)

    def _frame(self, body: bytes) -> None:
        length = body[0]
        data, check = body[2 : 2 + length], body[2 + length : 3 + length]
        if (length + body[1]) & 0xFF or len(data) != length or len(check) != 1 or (sum(data) + check[0]) & 0xFF:
            self.abuse.append("bad frame: " + body.hex())
            return
        self._end_command()
        self.say(_ACK, _ACK_US)
        if data[0] != 0xD4 or len(data) < 2:
            self.say(_ERROR, 2 * _ACK_US)
        elif "hang" not in self.faults:
            self._command(data[1], data[2:])

    def _end_command(self) -> None:
        self.out = []
        self._look_us = None

    def say(self, raw: bytes, after_us: int) -> None:
        """Have something ready for the host."""
        self.out.append((self.clock.us() + after_us, raw))

    def _answer(self, code: int, data: bytes = b"", after_us: int = 2 * _ACK_US) -> None:
        raw = pack(0xD5, bytes((code + 1,)) + data)
        if "bad-sum" in self.faults:
            raw = raw[:-2] + bytes((raw[-2] ^ 0x01, 0))
        self.say(raw, after_us)

    # -- commands

    def _command(self, code: int, data: bytes) -> None:
        if code == 0x02 and not data:
            self._answer(code, bytes((0x32, 0x01, 0x06, 0x07)))
        elif code == 0x14 and len(data) in (1, 2, 3) and 1 <= data[0] <= 4:
            self._configured = True
            self._answer(code)
        elif code == 0x32 and len(data) == 2 and data[0] == 0x01:
            self.field.power(on=bool(data[1] & 1))
            self._answer(code)
        elif code == 0x32 and len(data) == 4 and data[0] == 0x05:
            self._retries = data[3]
            self._answer(code)
        elif code == 0x4A and len(data) == 2 and data[0] in (1, 2) and data[1] == 0x00:
            self._list(data[0])
        else:
            self.abuse.append("refused command " + bytes((code,)).hex() + data.hex())
            self.say(_ERROR, 2 * _ACK_US)

    def _list(self, most: int) -> None:
        if not self._configured:
            self.abuse.append("looks for cards before SAMConfiguration")
            return
        self.field.power(on=True)
        self._most, self._tries = most, 0
        self._look_us = self.clock.us() + _TRY_US

    def settle(self) -> None:
        """Let happen what was due by now."""
        now = self.clock.us()
        while self._look_us is not None and self._look_us <= now:
            found = find_cards(self.field, self._most)
            self._tries += 1
            if found or (self._retries != _FOREVER and self._tries > self._retries):
                self._look_us = None
                self._answer(0x4A, _targets(found), 0)
            else:
                self._look_us += _TRY_US


def _targets(found: list[tuple[bytes, int, bytes]]) -> bytes:
    out = bytes((len(found),))
    for number, (atqa, sak, uid) in enumerate(found):
        out += bytes((number + 1, atqa[1], atqa[0], sak, len(uid))) + uid
        if sak & 0x20:
            out += _ATS
    return out
