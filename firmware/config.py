# config.json: read, checked against one table, every mistake named in a line of its own. Secrets are never printed:
# a message names the key and the rule, not the value.

from contract.jsontext import loads
from contract.topics import is_segment, is_site
from firmware.timetext import offset_of


class ConfigError(ValueError):
    pass


def _segment(value):
    return isinstance(value, str) and is_segment(value)


def _site(value):
    return isinstance(value, str) and is_site(value)


def _text(most, least=1):
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _number(least, most):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _one_of(*words):
    return lambda value: value in words


def _flag(value):
    return value is True or value is False


def _hexes(*sizes):
    return lambda value: isinstance(value, str) and len(value) in sizes and not value.lower().strip("0123456789abcdef")


def _pin(value):
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 39)


_FILE = "a file name, or empty"
_TEXT = "text, or empty"
_NAME = "1 to 32 of a-z 0-9 -"

MUST = object()  # there is no default

# key -> (default, check, what it must be)
TABLE = {
    "site": (MUST, _site, _NAME + ", and not `central`"),
    "reader": (MUST, _segment, _NAME),
    "timezone": ("+07:00", lambda value: offset_of(value) is not None, "like +07:00"),
    "language": ("id", _one_of("id", "en"), "id or en"),
    "wifi.ssid": (MUST, _text(32), "a name"),
    "wifi.password": ("", _text(64, 0), _TEXT),
    "broker.host": (MUST, _text(128), "a name"),
    "broker.port": (8883, _number(1, 65535), "1 to 65535"),
    "broker.tls": (True, _flag, "true or false"),
    "broker.ca": ("ca.der", _text(64), "a file name"),
    "broker.cert": ("reader.der", _text(64, 0), _FILE),
    "broker.key": ("reader.key.der", _text(64, 0), _FILE),
    "broker.user": ("", _text(64, 0), _TEXT),
    "broker.password": ("", _text(128, 0), _TEXT),
    "broker.window": (4, _number(1, 8), "1 to 8"),
    "broker.keepalive": (60, _number(10, 600), "10 to 600 seconds"),
    "broker.confirm": ("central", _one_of("central", "broker"), "central or broker"),
    "log.capacity": (5000, _number(100, 20000), "100 to 20000 entries"),
    "card.same_s": (5, _number(0, 3600), "0 to 3600 seconds"),
    "ntp.host": ("pool.ntp.org", _text(128, 0), "a name, or empty"),
    "ntp.port": (123, _number(1, 65535), "1 to 65535"),
    "mac.key": ("", _hexes(0, 64), "64 hex digits, or empty"),
    "mac.number": ("1", _text(32), "text"),
    "update.key": ("", _hexes(0, 512), "512 hex digits, or empty"),
    "chip.kind": ("mfrc522", _text(16), "a reader of chips.py"),
    "chip.options": ({}, lambda value: isinstance(value, dict), "an object"),
    "oled": (False, _flag, "true or false"),
    "rtc": (True, _flag, "true or false"),
}

_PINS = ("buzzer", 25, "red", 32, "green", 33, "blue", 27, "sda", 21, "scl", 22, "sck", 18, "mosi", 23)
_PINS += ("miso", 19, "cs", 5, "reset", 4, "tx", 17, "rx", 16)
for _at in range(0, len(_PINS), 2):
    TABLE["pins." + str(_PINS[_at])] = (_PINS[_at + 1], _pin, "0 to 39, or null")


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
    for key, (default, good, rule) in TABLE.items():
        value = flat.pop(key, default)
        if value is MUST:
            wrong.append(key + ": missing: " + rule)
        elif not good(value):
            wrong.append(key + ": must be " + rule)
        settings[key] = value
    wrong.extend([key + ": there is no such key" for key in flat])
    if bool(settings["broker.cert"]) != bool(settings["broker.key"]):
        wrong.append("broker.key: certificate and key go together")
    if wrong:
        raise ConfigError("\n".join([file + ": " + line for line in sorted(wrong)]))
    return settings


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
