"""The modules machine, network and esp32 as far as the firmware's hardware file uses them, over one `Bench`."""

import json
import sys
import time

from simulators.reader.device.bench import FOLDER, Bench

RESTART = 42
"""Exit code of a process that wants to be started again: the board was reset."""


class _Module:
    """Stands in `sys.modules` and has what it is given as attributes."""

    def __init__(self, names: "dict[str, object]") -> None:
        for name, value in names.items():
            setattr(self, name, value)


class _Maker:
    """Like a class of machine: callable, with constants."""

    def __init__(self, make: "object", constants: "dict[str, object]") -> None:
        self._make = make
        for name, value in constants.items():
            setattr(self, name, value)

    def __call__(self, *arguments: object, **named: object) -> object:
        return self._make(*arguments, **named)  # type: ignore[operator]


class _Pwm:
    def __init__(self, bench: Bench, freq: int) -> None:
        self._bench, self._hz = bench, freq

    def freq(self, hz: int) -> None:
        self._hz = hz

    def duty_u16(self, duty: int) -> None:
        self._bench.set_tone(self._hz if duty else 0)


class _Watchdog:
    def feed(self) -> None:
        """A process that hangs is noticed by whoever waits for its answers."""


class _Clock:
    """The chip's own clock. Its 2 kB of memory survive a reset but no power cut."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def datetime(self, moment: "tuple[int, ...]") -> None:
        year, month, day, _, hour, minute, second, _ = moment
        self._bench.chip_clock.set(int(time.mktime((year, month, day, hour, minute, second, 0, 0, 0))))

    def memory(self, raw: "bytes | None" = None) -> "bytes | None":
        path = FOLDER + "/rtc-memory"
        if raw is None:
            if self._bench.options["why"] != "reset":
                return b""
            try:
                with open(path, "rb") as file:
                    return file.read()
            except OSError:
                return b""
        with open(path, "wb") as file:
            file.write(raw)
        return None


class _Nvs:
    def __init__(self, space: str) -> None:
        self._path = FOLDER + "/nvs-" + space
        try:
            with open(self._path) as file:
                self._held: dict[str, int] = json.load(file)
        except (OSError, ValueError):
            self._held = {}

    def get_i32(self, name: str) -> int:
        if name not in self._held:
            raise OSError(-4354)  # ESP_ERR_NVS_NOT_FOUND
        return self._held[name]

    def set_i32(self, name: str, value: int) -> None:
        self._held[name] = value

    def commit(self) -> None:
        with open(self._path, "w") as file:
            json.dump(self._held, file)


class _Partition:
    TYPE_DATA = 1
    bench: Bench

    @classmethod
    def find(cls, kind: int, label: str = "") -> "list[object]":
        return [cls.bench.flash] if label == "ketuk" and kind == cls.TYPE_DATA else []


def _reset() -> None:
    sys.exit(RESTART)


def install(bench: Bench) -> None:
    """From now on `import machine, network, esp32` gives these."""
    pins: dict[str, object] = {"OUT": 3, "IN": 1, "PULL_UP": 2}
    causes = {"PWRON_RESET": 1, "HARD_RESET": 2, "WDT_RESET": 3, "SOFT_RESET": 5}
    cause = causes["HARD_RESET"] if bench.options["why"] == "reset" else causes["PWRON_RESET"]
    machine: dict[str, object] = {
        "Pin": _Maker(lambda number, *_mode, **_named: bench.pin(number), pins),
        "SPI": _Maker(lambda *_given, **_named: bench.chip.spi, {"MSB": 0, "LSB": 1}),
        "I2C": lambda *_given, **_named: bench.i2c,
        "PWM": lambda _pin, freq=1000, duty_u16=0: _Pwm(bench, freq),
        "WDT": lambda timeout: _Watchdog(),
        "RTC": lambda: _Clock(bench),
        "unique_id": lambda: bytes.fromhex(bench.serial),
        "reset": _reset,
        "reset_cause": lambda: cause,
    }
    machine.update(causes)
    _Partition.bench = bench
    sys.modules["machine"] = _Module(machine)  # type: ignore[assignment]
    network: dict[str, object] = {"STA_IF": 0, "WLAN": lambda _kind: bench.wlan, "hostname": lambda _name: None}
    sys.modules["network"] = _Module(network)  # type: ignore[assignment]
    sys.modules["esp32"] = _Module({"NVS": _Nvs, "Partition": _Partition})  # type: ignore[assignment]
