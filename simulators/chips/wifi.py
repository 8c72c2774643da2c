# A Wi-Fi station that fails as the ESP32's does (micropython issues 7139, 15563, 17661):
# `connect` while it is still connecting raises "Wifi Internal Error" and may leave it stuck until the radio was off;
# right after `connect` the status is still idle; 200 to 204 come and go while it tries; a lost network is searched for
# by the driver itself.

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Wlan:
    # `ms()`: the time, milliseconds. `air`: whether the access point can be heard. `takes`: milliseconds to connect.
    def __init__(self, ms: "Callable[[], int]", takes: int = 1600) -> None:
        self._ms = ms
        self._takes = takes
        self.air = True
        self.password: str | None = None  # the access point's; None: it takes any
        self.stuck = False
        self.on_change: Callable[[bool], None] | None = None
        self._on = False
        self._trying: int | None = None  # since when
        self._given = ""
        self._had = False

    def active(self, on: bool | None = None) -> bool:
        if on is not None:
            if not on:
                self._trying, self.stuck = None, False
            self._on = on
        return self._on

    def connect(self, ssid: str, password: str) -> None:
        if not self._on:
            raise OSError("Wifi Not Started")
        if self._trying is not None and not self.isconnected():
            self.stuck = True
            raise OSError("Wifi Internal Error")
        self._trying, self._given = self._ms(), password

    def disconnect(self) -> None:
        if not self._on:
            raise OSError("Wifi Not Started")
        self._trying = None

    def isconnected(self) -> bool:
        up = self._on and not self.stuck and self.air and self._trying is not None
        up = up and self.password in (None, self._given) and self._ms() - (self._trying or 0) >= self._takes
        if up != self._had:
            self._had = up
            if not up and self._trying is not None:
                self._trying = self._ms()  # the driver begins again by itself
            if self.on_change is not None:
                self.on_change(up)
        return up

    def status(self) -> int:
        if self.isconnected():
            return STAT_GOT_IP
        if self._trying is None or self._ms() - self._trying < 50:
            return STAT_IDLE
        if not self.air:
            return STAT_NO_AP_FOUND
        if self.password not in (None, self._given):
            return STAT_WRONG_PASSWORD
        return STAT_CONNECTING

    def ifconfig(self) -> tuple[str, str, str, str]:
        address = "10.20.0.9" if self.isconnected() else "0.0.0.0"
        return address, "255.255.255.0", "10.20.0.1", "10.20.0.1"
