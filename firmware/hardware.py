# The one file that touches the ESP32: pins, buses, radio, partitions, watchdog. It decides nothing.

import time

import esp32
import machine
import network

from firmware import net
from firmware.timetext import fields

WATCHDOG_MS = 60_000  # outlives a TLS handshake and a flash that is being erased


class Panel:
    # `oled`: an object with show(line, line), or None.
    def __init__(self, settings, oled) -> None:
        self._oled = oled
        self._lights = [_output(settings["pins." + name]) for name in ("red", "green", "blue")]
        self._buzzer = None
        if settings["pins.buzzer"] is not None:
            self._buzzer = machine.PWM(machine.Pin(settings["pins.buzzer"]), freq=1000, duty_u16=0)

    def tone(self, hz: int) -> None:
        if self._buzzer is None:
            return
        if hz:
            self._buzzer.freq(hz)
        self._buzzer.duty_u16(32768 if hz else 0)

    def light(self, red: int, green: int, blue: int) -> None:
        for pin, level in zip(self._lights, (red, green, blue)):  # noqa: B905 - MicroPython has no strict
            if pin is not None:
                pin(level)

    def show(self, first: str, second: str) -> None:
        if self._oled is not None:
            try:
                self._oled.show(first, second)
            except OSError:
                self._oled = None  # it was unplugged: sound and light go on


def _output(number: "int | None", level: int = 0) -> "machine.Pin | None":
    return None if number is None else machine.Pin(number, machine.Pin.OUT, value=level)


class _Counter:
    def __init__(self) -> None:
        self._nvs = esp32.NVS("ketuk")

    def get(self) -> int:
        try:
            return self._nvs.get_i32("boot")
        except OSError:
            return 0  # never written, or the port erased it

    def set(self, number: int) -> None:
        self._nvs.set_i32("boot", number)
        self._nvs.commit()


class Board:
    root = ""

    def __init__(self) -> None:
        self.serial = machine.unique_id().hex().upper()
        self.counter = _Counter()
        self._watchdog = None
        self._i2c = None

    def why_started(self) -> str:
        cause = machine.reset_cause()
        if cause == machine.PWRON_RESET:
            return "power on"
        if cause == machine.WDT_RESET:
            return "watchdog"
        return "soft reset" if cause == machine.SOFT_RESET else "reset"

    # The block device for data, None when this board has no partition for it.
    def data_partition(self) -> "esp32.Partition | None":
        found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="ketuk")
        return found[0] if found else None

    def i2c(self, settings):
        if self._i2c is None and settings["pins.sda"] is not None and settings["pins.scl"] is not None:
            scl, sda = machine.Pin(settings["pins.scl"]), machine.Pin(settings["pins.sda"])
            self._i2c = machine.I2C(0, scl=scl, sda=sda, freq=400_000)
        return self._i2c

    def spi(self, settings, firstbit: str = "msb", baud: int = 1_000_000):
        return machine.SPI(
            2,
            baudrate=baud,
            polarity=0,
            phase=0,
            firstbit=machine.SPI.LSB if firstbit == "lsb" else machine.SPI.MSB,
            sck=machine.Pin(settings["pins.sck"]),
            mosi=machine.Pin(settings["pins.mosi"]),
            miso=machine.Pin(settings["pins.miso"]),
        )

    def uart(self, settings, baud: int):
        return machine.UART(2, baudrate=baud, tx=settings["pins.tx"], rx=settings["pins.rx"], rxbuf=1024)

    def output(self, number: "int | None", level: int = 1):
        return _output(number, level)

    def input(self, number: int):
        return machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)

    def panel(self, settings, oled) -> Panel:
        return Panel(settings, oled)

    def wlan(self, name: str):
        network.hostname(name)
        return network.WLAN(network.STA_IF)

    # Start the watchdog: from now on `feed` must be called. It cannot be stopped.
    def guard(self) -> None:
        self._watchdog = machine.WDT(timeout=WATCHDOG_MS)

    def feed(self) -> None:
        if self._watchdog is not None:
            self._watchdog.feed()

    def reset(self) -> None:
        machine.reset()

    # The port's own clock, which TLS looks at, runs on over a restart without loss of power; so does a note of whether
    # it was known. Unix seconds, None when it was not or power was lost.
    def kept_time(self) -> "int | None":
        if machine.RTC().memory() != b"known":
            return None
        # ESP32 counts from 2000, other ports from 1970.
        return time.time() + (946_684_800 if time.gmtime(0)[0] == 2000 else 0)

    def set_system_time(self, unix: int, known: bool) -> None:
        year, month, day, hour, minute, second = fields(unix)
        clock = machine.RTC()
        clock.datetime((year, month, day, 0, hour, minute, second, 0))
        clock.memory(b"known" if known else b"")

    async def connect(self, host: str, port: int, context=None):
        return await net.connect(host, port, context)

    async def exchange(self, host: str, port: int, packet: bytes) -> bytes:
        return await net.exchange(host, port, packet)
