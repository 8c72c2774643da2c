"""One simulated board: chips on its pins and buses, Wi-Fi, flash, and what its buzzer and lights do.

What survives a power cut lies in files of the folder `/.chip`: the flash, the NVS, the battery clock's state.
"""

import json

from simulators.chips.clock import RealClock
from simulators.chips.ds3231 import Ds3231
from simulators.chips.field import Field
from simulators.chips.mfrc522 import Mfrc522
from simulators.chips.nor_flash import NorFlash
from simulators.chips.pins import Pin
from simulators.chips.wifi import Wlan
from simulators.reader.device.chip_clock import ChipClock
from simulators.reader.device.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "/.chip"
CLOCK, DISPLAY = 0x68, 0x3C


class I2c:
    """The bus with the battery clock and the display."""

    def __init__(self, clock: Ds3231, screen: Screen) -> None:
        self._clock, self._screen = clock, screen

    def readfrom_mem(self, address: int, register: int, size: int) -> bytes:
        return self._clock.readfrom_mem(address, register, size)

    def writeto_mem(self, address: int, register: int, raw: bytes) -> None:
        self._clock.writeto_mem(address, register, raw)

    def writeto(self, address: int, raw: bytes) -> None:
        if address != DISPLAY:
            raise OSError(19)
        self._screen.writeto(raw)


class Bench:
    """`options`: serial, wiring (names of pins -> numbers), flash_blocks, wifi_ms, why (it starts)."""

    def __init__(self, options: "dict[str, object]") -> None:
        self.options = options
        self.serial = str(options["serial"])
        self.clock = RealClock()
        self.field = Field(self.clock)
        self.chip = Mfrc522(self.clock, self.field)
        self.screen = Screen()
        self.chip_clock = ChipClock(options["why"] == "reset")
        self.battery_clock = Ds3231(self.chip_clock.real)
        self._load_clock()
        self.i2c = I2c(self.battery_clock, self.screen)
        self.wlan = Wlan(self.ms, int(str(options["wifi_ms"])))
        self.flash = NorFlash(FOLDER + "/flash", int(str(options["flash_blocks"])))
        self.heard: list[int] = []
        self.tone = 0
        self.lights = {"r": 0, "g": 0, "b": 0}
        self.lit = ""
        self._pins: dict[int, object] = {}
        self._wire(options["wiring"])  # type: ignore[arg-type]

    def ms(self) -> int:
        """Milliseconds since the board was made."""
        return self.clock.us() // 1000

    def pin(self, number: int) -> object:
        """What is on a pin; a pin with nothing on it just holds its level."""
        if number not in self._pins:
            self._pins[number] = Pin(0)
        return self._pins[number]

    def set_tone(self, hz: int) -> None:
        """The buzzer begins or ends to sound."""
        if hz and hz != self.tone:
            self.heard.append(hz)
        self.tone = hz

    def save_clock(self) -> None:
        """Keep the battery clock's state for the next start."""
        state = {"offset": self.battery_clock.offset, "status": self.battery_clock.status}
        with open(FOLDER + "/clock", "w") as file:
            json.dump(state, file)

    def _load_clock(self) -> None:
        self.battery_clock.status = 0
        try:
            with open(FOLDER + "/clock") as file:
                state = json.load(file)
        except OSError:
            return
        self.battery_clock.offset, self.battery_clock.status = state["offset"], state["status"]

    def _wire(self, wiring: "dict[str, int]") -> None:
        self._pins[wiring["cs"]], self._pins[wiring["reset"]] = self.chip.cs, self.chip.rst
        for name, letter in (("red", "r"), ("green", "g"), ("blue", "b")):
            self._pins[wiring[name]] = Pin(0, self._light(letter))

    def _light(self, letter: str) -> "Callable[[int], None]":
        def changed(level: int) -> None:
            self.lights[letter] = level
            self.lit = "".join([one for one in "rgb" if self.lights[one]])

        return changed
