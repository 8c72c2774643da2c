# Times as text (RFC 3339) and as Unix seconds. Pure: no port's epoch and no time zone of a system comes in.

LATEST = 4_102_444_800  # 2100-01-01


# Days since 1970-01-01 of a date of the Gregorian calendar, by counting years from March.
def days(year, month, day):
    year -= month < 3
    era = year // 400
    inside = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    inside += (year - era * 400) * 365 + (year - era * 400) // 4 - (year - era * 400) // 100
    return era * 146097 + inside - 719468


def date(number):
    number += 719468
    era, inside = number // 146097, number % 146097
    year = (inside - inside // 1460 + inside // 36524 - inside // 146096) // 365
    inside -= 365 * year + year // 4 - year // 100
    month = (5 * inside + 2) // 153
    return year + era * 400 + (month > 9), (month + 2) % 12 + 1, inside - (153 * month + 2) // 5 + 1


# (year, month, day, hour, minute, second) of Unix seconds, `offset` minutes east of Greenwich.
def fields(unix, offset=0):
    unix += offset * 60
    second = unix % 86400
    return date(unix // 86400) + (second // 3600, second // 60 % 60, second % 60)


def unix_of(year, month, day, hour, minute, second):
    return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second


def text(unix, offset):
    return "%04d-%02d-%02dT%02d:%02d:%02d" % fields(unix, offset) + zone(offset)


def zone(offset):
    return "%s%02d:%02d" % ("-" if offset < 0 else "+", abs(offset) // 60, abs(offset) % 60)


# Minutes of "+07:00", None for anything else.
def offset_of(value):
    if not isinstance(value, str) or len(value) != 6 or value[0] not in "+-" or value[3] != ":":
        return None
    if not (value[1:3] + value[4:]).isdigit():
        return None
    minutes = int(value[1:3]) * 60 + int(value[4:])
    if minutes > 14 * 60 or int(value[4:]) > 59:
        return None
    return -minutes if value[0] == "-" else minutes


# Unix seconds of RFC 3339 text, fractions dropped. Raises ValueError.
def parse(value):
    if len(value) < 20 or value[10] not in "Tt " or value[4] != "-" or value[13] != ":":
        raise ValueError("not a time: " + value)
    end = 19
    if value[end] == ".":
        end += 1
        while end < len(value) and value[end].isdigit():
            end += 1
    offset = 0 if value[end:] in ("Z", "z") else offset_of(value[end:])
    parts = (value[0:4], value[5:7], value[8:10], value[11:13], value[14:16], value[17:19])
    if offset is None or not all([part.isdigit() for part in parts]):
        raise ValueError("not a time: " + value)
    year, month, day, hour, minute, second = [int(part) for part in parts]
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        raise ValueError("not a time: " + value)
    return unix_of(year, month, day, hour, minute, second) - offset * 60
