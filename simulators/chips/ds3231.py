# The DS3231 battery clock on an I2C bus (Maxim data sheet 19-5170): registers 00h to 12h, with its flags.

ADDRESS = 0x68
_OSF = 0x80

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Ds3231:
    # `now()`: Unix seconds of the real world. `battery`: whether it runs on while the board has no power.
    def __init__(self, now: "Callable[[], int]") -> None:
        self._now = now
        self.present = True
        self.battery = True
        self.offset = 0  # its time minus the real one
        self.control, self.status = 0x1C, 0x88  # as delivered: never set
        self.twelve = False  # counts hours 1 to 12

    # Power of the board went and came back.
    def power_cut(self) -> None:
        if not self.battery or self.control & 0x80:
            self.status |= _OSF
            self.offset = 946_684_800 - self._now()  # it begins at 2000-01-01

    def readfrom_mem(self, address: int, register: int, size: int) -> bytes:
        self._answer(address)
        return bytes(self._registers()[register : register + size])

    def writeto_mem(self, address: int, register: int, raw: bytes) -> None:
        self._answer(address)
        held = self._registers()
        held[register : register + len(raw)] = raw
        self.control = held[0x0E]
        self.status = held[0x0F] & (self.status | ~_OSF)  # the flag can be cleared, not set
        if register < 7:
            self.twelve = bool(held[2] & 0x40)
            self.offset = _unix(held) - self._now()

    def _answer(self, address: int) -> None:
        if address != ADDRESS or not self.present:
            raise OSError(19)

    def _registers(self) -> bytearray:
        second = self._now() + self.offset
        days, left = divmod(second, 86400)
        year, month, day = _date(days)
        hour = left // 3600
        hours = 0x40 | (0x20 if hour >= 12 else 0) | _bcd(hour % 12 or 12) if self.twelve else _bcd(hour)
        held = bytearray(0x13)
        held[0:7] = bytes(
            [
                _bcd(left % 60),
                _bcd(left // 60 % 60),
                hours,
                (days + 4) % 7 + 1,
                _bcd(day),
                _bcd(month),
                _bcd(year % 100),
            ]
        )
        held[0x0E], held[0x0F] = self.control, self.status
        return held


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _digits(raw: int) -> int:
    return (raw >> 4) * 10 + (raw & 0x0F)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _length(year: int, month: int) -> int:
    return 29 if month == 2 and _leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _date(days: int) -> tuple[int, int, int]:
    year, month = 1970, 1
    while days >= 365 + _leap(year):
        days -= 365 + _leap(year)
        year += 1
    while days >= _length(year, month):
        days -= _length(year, month)
        month += 1
    return year, month, days + 1


def _unix(held: bytearray) -> int:
    year = 2000 + _digits(held[6])
    days = sum([365 + _leap(passed) for passed in range(1970, year)])
    days += sum([_length(year, passed) for passed in range(1, _digits(held[5] & 0x1F))]) + _digits(held[4]) - 1
    hour = held[2]
    hours = _digits(hour & 0x1F) % 12 + (12 if hour & 0x20 else 0) if hour & 0x40 else _digits(hour & 0x3F)
    return days * 86400 + hours * 3600 + _digits(held[1]) * 60 + _digits(held[0])
