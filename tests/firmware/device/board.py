# The board of the small world: what firmware/hardware.py gives the app on an ESP32.


# Power is gone, or the board restarts. No Exception: nothing that handles errors may catch it.
class PowerCut(BaseException):
    pass


class Panel:
    def __init__(self):
        self.shown, self.colours, self.tones = [], [], []

    def tone(self, hz):
        self.tones.append(hz)

    def light(self, *colour):
        self.colours.append(colour)

    def show(self, first, second):
        self.shown.append((first + " " + second).strip())
        del self.shown[:-20]


class Counter:
    number = 0

    def get(self):
        return self.number

    def set(self, number):
        self.number = number


class Board:
    root = "/ram"
    serial = "A1B2C3D4E5F6"

    def __init__(self, world):
        self.world = world
        self.fed = 0
        self.was_reset = False
        self.system = 0
        self.screen = Panel()

    @property
    def counter(self):
        return self.world.nvs

    def why_started(self):
        return "power on"

    def data_partition(self):
        return self.world.device

    def i2c(self, settings):
        return self.world.rtc if settings["rtc"] else None

    def panel(self, settings, oled):
        return self.screen

    def wlan(self, name):
        return self.world.wlan

    def guard(self):
        pass

    def feed(self):
        self.fed += 1

    def reset(self):
        self.was_reset = True
        raise PowerCut("reset")

    def set_system_time(self, unix, known):
        self.system = unix
        self.world.kept = self.world.now() - unix if known else None

    def kept_time(self):
        kept = self.world.kept
        return None if kept is None else self.world.now() - kept

    async def connect(self, host, port, context):
        if not self.world.wlan.isconnected():
            raise OSError(118)
        return await self.world.broker.connect()

    async def exchange(self, host, port, packet):
        if not self.world.wlan.isconnected():
            raise OSError(118)
        return await self.world.ntp(packet)
