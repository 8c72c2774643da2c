"""JSON text that is the same, byte for byte, under CPython and MicroPython.

Compact separators, non-ASCII characters as they are, keys in the order of the mapping (on MicroPython: an
`OrderedDict`). Whoever writes an entry writes it once with `dumps` and keeps the bytes; nobody writes it again.
`loads` reads bytes of any origin: a value that every part of the system can hold, or ValueError.
"""

import json
import sys
from collections import OrderedDict

Ordered: "type[dict[str, object]]" = OrderedDict if sys.implementation.name == "micropython" else dict

if sys.implementation.name == "micropython":
    _SHORT = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}

    def _quote(text: str) -> str:
        parts = []
        for char in text:
            code = ord(char)
            if code in _SHORT:
                parts.append(_SHORT[code])
            elif code < 0x20:
                parts.append(f"\\u{code:04x}")
            else:
                parts.append(char)
        return '"' + "".join(parts) + '"'

    def dumps(value: object) -> str:
        text = json.dumps(value, separators=(",", ":"))
        return _slowly(value) if "\\" in text else text  # the two differ in how they escape, and in nothing else

    def _slowly(value: object) -> str:
        if isinstance(value, str):
            return _quote(value)
        if isinstance(value, dict):
            return "{" + ",".join([_quote(k) + ":" + _slowly(v) for k, v in value.items()]) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ",".join([_slowly(v) for v in value]) + "]"
        return json.dumps(value)

    def loads(raw: bytes) -> object:
        try:
            return json.loads(raw.decode())
        except RuntimeError as error:  # nested too deeply
            raise ValueError(str(error)) from error

else:
    # MicroPython writes lone surrogates and NaN in ways of its own: neither may reach a record.
    _encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def dumps(value: object) -> str:
        """JSON text of `value` (mappings, sequences, str, int, float, bool, None). Raises ValueError on NaN."""
        return _encoder.encode(value)

    def _refuse(number: str) -> float:
        raise ValueError("not a finite number: " + number)

    def _finite(number: str) -> float:
        value = float(number)
        return value if abs(value) != float("inf") else _refuse(number)

    _decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)

    def loads(raw: bytes) -> object:
        """The value of JSON bytes. Raises ValueError, and nothing else, also on NaN, lone surrogates, deep nesting."""
        try:
            value: object = _decoder.decode(raw.decode())
            if b"\\u" in raw:
                dumps(value).encode()  # an escaped lone surrogate could be neither stored nor sent again
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return value
