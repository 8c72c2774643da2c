# config.json: read, checked against one table, every mistake named in a line of its own. Secrets are never printed:
# a message names the key and the rule, not the value.

from contract.jsontext import loads
from contract.topics import is_segment, is_site
from firmware.timetext import offset_of


class ConfigError(ValueError):
    pass


# Rules: (whether a value is good, what it must be).


def _number(least, most, unit=""):
    return (lambda value: type(value) is int and least <= value <= most), "%d to %d%s" % (least, most, unit)


def _text(least, most, what):
    return (lambda value: isinstance(value, str) and least <= len(value) <= most), what


def _hex(digits):
    return (lambda value: is_hex(value, digits) or value == ""), "%d hex digits, or empty" % digits


def _one_of(*words):
    return (lambda value: value in words), " or ".join(words)


def is_hex(value, digits):
    return isinstance(value, str) and len(value) == digits and not value.lower().strip("0123456789abcdef")


# Pins 6 to 11 hold the flash; 34 to 39 can only read.
def _pin(most):
    return (
        lambda value: value is None or (type(value) is int and 0 <= value <= most and not 6 <= value <= 11)
    ), "0 to 5, 12 to %d, or null" % most


_CHECKS = {"check_ms": _number(200, 3_600_000, " ms")}
_WORD = (lambda value: is_hex(value, 8)), "8 hex digits"

# chip.kind -> (pins it cannot do without, what chip.options may say)
CHIPS = {
    "mfrc522": ("cs sck mosi miso", _CHECKS),
    "pn532-spi": ("cs sck mosi miso", _CHECKS),
    "pn532-hsu": ("tx rx", _CHECKS),
    "r307": ("tx rx", {"check_ms": _CHECKS["check_ms"], "address": _WORD, "password": _WORD}),
    "rdm6300": ("rx", {"confirm": _number(1, 5)}),
    "wiegand": ("rx tx", {}),
}

_FLAG = (lambda value: type(value) is bool), "true or false"
_FILE = _text(0, 64, "a file name, or empty")
_ANY = _text(0, 64, "text, or empty")
_PORT = _number(1, 65535)
_NAMES = "1 to 32 of a-z 0-9 -"

MUST = object()  # there is no default

# key -> (default, rule)
TABLE = {
    "site": (MUST, ((lambda value: isinstance(value, str) and is_site(value)), _NAMES + ", and not `central`")),
    "reader": (MUST, ((lambda value: isinstance(value, str) and is_segment(value)), _NAMES)),
    "timezone": ("+07:00", ((lambda value: offset_of(value) is not None), "like +07:00")),
    "language": ("id", _one_of("id", "en")),
    "wifi.ssid": (MUST, _text(1, 32, "a name")),
    "wifi.password": ("", _ANY),
    "broker.host": (MUST, _text(1, 128, "a name")),
    "broker.port": (8883, _PORT),
    "broker.tls": (True, _FLAG),
    "broker.ca": ("ca.der", _text(1, 64, "a file name")),
    "broker.cert": ("reader.der", _FILE),
    "broker.key": ("reader.key.der", _FILE),
    "broker.user": ("", _ANY),
    "broker.password": ("", _text(0, 128, "text, or empty")),
    "broker.window": (4, _number(1, 8)),
    "broker.keepalive": (60, _number(10, 600, " seconds")),
    "broker.retry_s": (120, _number(1, 3600, " seconds")),
    "broker.confirm": ("central", _one_of("central", "broker")),
    "log.capacity": (5000, _number(100, 20000, " entries")),
    "card.same_s": (5, _number(0, 3600, " seconds")),
    "ntp.host": ("pool.ntp.org", _text(0, 128, "a name, or empty")),
    "ntp.port": (123, _PORT),
    "mac.key": ("", _hex(64)),
    "mac.every_s": (60, _number(1, 3600, " seconds")),
    "mac.number": ("1", _text(1, 32, "text")),
    "update.key": ("", _hex(512)),
    "chip.kind": ("mfrc522", _one_of(*sorted(CHIPS))),
    "chip.options": ({}, ((lambda value: isinstance(value, dict)), "an object")),
    "oled": (False, _FLAG),
    "rtc": (True, _FLAG),
}

_PINS = "buzzer 25,red 32,green 33,blue 27,sda 21,scl 22,sck 18,mosi 23,miso 19,cs 5,reset 4,tx 17,rx 16"
for _pair in _PINS.split(","):
    _name, _number_ = _pair.split()
    TABLE["pins." + _name] = int(_number_), _pin(39 if _name in ("miso", "rx", "tx") else 33)


# The settings as a flat dict, one value for every key of TABLE. Raises ConfigError with all mistakes, a line each.
def check(raw, file="config.json"):
    if raw is None:
        raise ConfigError(file + ": missing: put it on the device")
    try:
        given = loads(raw)
    except ValueError:
        raise ConfigError(file + ": not JSON: look for a missing comma or quote")
    if not isinstance(given, dict):
        raise ConfigError(file + ": not a JSON object")
    flat, wrong = {}, []
    _flatten(given, "", flat, wrong)
    settings = {}
    for key, (default, (good, rule)) in TABLE.items():
        value = flat.pop(key, default)
        if value is MUST:
            wrong.append(key + ": missing: " + rule)
        elif not good(value):
            wrong.append(key + ": must be " + rule)
        settings[key] = value
    wrong.extend([key + ": there is no such key" for key in flat])
    if not wrong:
        if bool(settings["broker.cert"]) != bool(settings["broker.key"]):
            wrong.append("broker.key: certificate and key go together")
        _check_chip(settings, wrong)
    if wrong:
        raise ConfigError("\n".join([file + ": " + line for line in sorted(wrong)]))
    return settings


# What the reader's chip makes of the settings: its pins, each used once, and its options.
def _check_chip(settings, wrong):
    kind = settings["chip.kind"]
    needed, options = CHIPS[kind]
    for name, value in settings["chip.options"].items():
        if name not in options:
            wrong.append("chip.options." + name + ": " + kind + " has no such option")
        elif not options[name][0](value):
            wrong.append("chip.options." + name + ": must be " + options[name][1])
    used = {}
    also = "buzzer red green blue reset " + ("sda scl" if settings["oled"] or settings["rtc"] else "")
    for name in needed.split() + also.split():
        number = settings["pins." + name]
        if number is None:
            if name in needed.split():
                wrong.append("pins." + name + ": " + kind + " needs it")
        elif number in used:
            wrong.append("pins." + name + ": %d is pins.%s already" % (number, used[number]))
        else:
            used[number] = name


def _flatten(given, prefix, flat, wrong):
    for key, value in given.items():
        name = prefix + key
        if isinstance(value, dict) and name not in TABLE:
            if prefix:
                wrong.append(name + ": there is no such key")
            else:
                _flatten(value, name + ".", flat, wrong)
        else:
            flat[name] = value
