"""The address of a device in a configuration file: a name or an IP address, and nothing with it."""

import ipaddress
import re

from gateway import texts
from gateway.config_tables import shown
from gateway.texts import Text

_NAME = re.compile(r"\w([\w.-]{0,251}\w)?\.?")
_NUMBERS = re.compile(r"[0-9.]+")  # meant as an address


def host(value: str) -> Text | None:
    """Why it is none; e.g. `10.20.0.5:4370`, `http://10.20.0.5` and `10.20.0.500` are not."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        if not _NAME.fullmatch(value) or _NUMBERS.fullmatch(value):
            return texts.HOST.of(value=shown(value))
    return None
