"""JSON text that is the same, byte for byte, under CPython and MicroPython.

Compact separators, non-ASCII characters as they are, keys in the order of the mapping (on MicroPython: an
`OrderedDict`). Whoever writes an entry writes it once with `dumps` and keeps the bytes; nobody writes it again.
"""

import json
import sys

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
        if isinstance(value, str):
            return _quote(value)
        if isinstance(value, dict):
            return "{" + ",".join([_quote(k) + ":" + dumps(v) for k, v in value.items()]) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ",".join([dumps(v) for v in value]) + "]"
        return json.dumps(value)

else:
    # MicroPython writes lone surrogates and NaN in ways of its own: neither may reach a record.
    _encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def dumps(value: object) -> str:
        """JSON text of `value` (mappings, sequences, str, int, float, bool, None). Raises ValueError on NaN."""
        return _encoder.encode(value)
