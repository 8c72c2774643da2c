# The DS3231 battery clock (Maxim data sheet 19-5170, figure 1). It says "I stopped" itself; nobody else asks.

from micropython import const

from firmware.timetext import LATEST, fields, unix_of

_ADDRESS = const(0x68)
_CONTROL = const(0x0E)
_STATUS = const(0x0F)
_EOSC = const(0x80)  # the oscillator is stopped while it runs on the battery
_OSF = const(0x80)  # it was stopped at some time since this bit was cleared


class DS3231:
    # `i2c`: readfrom_mem and writeto_mem. It is kept in UTC.
    def __init__(self, i2c):
        self._i2c = i2c

    # (Unix seconds, "") or (None, why it cannot be trusted). `built`: no true time lies before it.
    def read(self, built):
        try:
            raw = self._i2c.readfrom_mem(_ADDRESS, 0, 7)
            control, status = self._i2c.readfrom_mem(_ADDRESS, _CONTROL, 2)
        except OSError:
            return None, "it does not answer"
        if status & _OSF:
            return None, "it stopped: battery empty or removed"
        if control & _EOSC:
            return None, "it is set to stop without power"
        unix = _decode(raw)
        if unix is None:
            return None, "it gives no date"
        if not built <= unix < LATEST:
            return None, "its time cannot be true"
        return unix, ""

    # Set it, let it run on its battery, and mark it as right. Raises OSError.
    def write(self, unix):
        year, month, day, hour, minute, second = fields(unix)
        raw = bytes([_bcd(part) for part in (second, minute, hour, unix // 86400 % 7 + 1, day, month, year % 100)])
        self._i2c.writeto_mem(_ADDRESS, 0, raw)
        self._i2c.writeto_mem(_ADDRESS, _CONTROL, b"\x1c\x00")


def _bcd(value):
    return value // 10 << 4 | value % 10


# Unix seconds of registers 0 to 6, None when they are no date. Both ways to count hours are read.
def _decode(raw):
    hour = raw[2]
    if hour & 0x40:
        hours = _digits(hour & 0x1F)
        twelve = hours is not None and 1 <= hours <= 12
        hours = (hours or 0) % 12 + (12 if hour & 0x20 else 0) if twelve else None
    else:
        hours = _digits(hour & 0x3F)
    parts = [_digits(raw[0]), _digits(raw[1]), hours, _digits(raw[4]), _digits(raw[5] & 0x1F), _digits(raw[6])]
    numbers = [part for part in parts if part is not None]
    if len(numbers) < 6:
        return None
    second, minute, hours, day, month, year = numbers
    if second > 59 or minute > 59 or hours > 23 or not 1 <= day <= 31 or not 1 <= month <= 12:
        return None
    return unix_of(2000 + year, month, day, hours, minute, second)


def _digits(raw):
    return None if raw & 0x0F > 9 or raw >> 4 > 9 else (raw >> 4) * 10 + (raw & 0x0F)
