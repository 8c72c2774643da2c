# The least that can stand for an ESP32: see budget.py. It is put into the image of the code, as if in flash too.

import sys
import time

flash = None


class Flash:
    def __init__(self, path):
        self.file = open(path, "r+b")
        self.file.seek(0, 2)
        self.blocks = self.file.tell() // 4096

    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buffer)
        return 0

    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.write(buffer)
        return 0

    def ioctl(self, op, arg):
        return {4: self.blocks, 5: 4096}.get(op, 0)


# An MFRC522 in whose field nobody ever is: registers that hold what is written, and a timer that runs out.
class Chip:
    def __init__(self):
        self.held = bytearray(64)
        self.held[0x37] = 0x92

    def __call__(self, level):
        self.first = None

    def write(self, data):
        for byte in data:
            if self.first is None:
                self.first = byte
            elif self.first >> 1 not in (0x01, 0x04, 0x05, 0x09, 0x0A):
                self.held[self.first >> 1 & 0x3F] = byte

    def write_readinto(self, out, data):
        for at in range(1, len(out)):
            register = out[at - 1] >> 1 & 0x3F
            data[at] = 0x01 if register == 0x04 else self.held[register]

    def readinto(self, data, out=0):
        for at in range(len(data)):
            data[at] = self.held[self.first >> 1 & 0x3F]


class Pin:
    OUT = IN = PULL_UP = 0

    def __init__(self, *given, **named):
        pass

    def __call__(self, level):
        pass


class Anything:
    MSB = LSB = STA_IF = TYPE_DATA = 0
    PWRON_RESET = WDT_RESET = SOFT_RESET = 1
    kept = b""
    number = 0

    def __init__(self, *given, **named):
        pass

    def nothing(self, *given, **named):
        return None

    freq = duty_u16 = feed = datetime = hostname = active = connect = set_i32 = commit = nothing

    def isconnected(self):
        return True

    def memory(self, raw=None):
        return b""

    def get_i32(self, name):
        return 1

    def unique_id(self):
        return b"\xa1\xb2\xc3\xd4\xe5\xf6"

    def reset(self):
        sys.exit(42)

    def reset_cause(self):
        return 1

    def find(self, kind, label):
        return [flash]

    def readfrom_mem(self, address, register, size):
        if register == 0x0E:
            return b"\x1c\x00"
        year, month, day, hour, minute, second = time.gmtime()[:6]
        return bytes([part // 10 << 4 | part % 10 for part in (second, minute, hour, 1, day, month, year % 100)])

    def writeto_mem(self, address, register, raw):
        pass


def install(path):
    global flash
    flash = Flash(path)
    one = Anything()
    chip = Chip()
    for name in ("WDT", "RTC", "PWM", "I2C"):
        setattr(Anything, name, Anything)
    Anything.SPI = type("SPI", (), {"MSB": 0, "LSB": 1, "__new__": lambda kind, *given, **named: chip})
    made = lambda kind, number, *given, **named: chip if number == 5 else Pin()  # noqa: E731 - short is small
    Anything.Pin = type("Pins", (), {"OUT": 0, "IN": 0, "PULL_UP": 0, "__new__": made})
    Anything.WLAN = Anything.NVS = Anything
    Anything.Partition = one
    for name in ("machine", "network", "esp32"):
        sys.modules[name] = one
