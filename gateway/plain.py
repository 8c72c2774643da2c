"""Any value as JSON can say it, within bounds: for what comes from outside and goes into an entry or a message.

A driver of a third party may put bytes, NaN or a set where text belongs; a broker's reason may be 64 kB long. None
of that may keep an entry from being written: what JSON knows stays, everything else becomes its `repr`. Pure.
"""

import hashlib
import math
import reprlib
from typing import TypeGuard

from contract.jsontext import dumps

MAX_OBJECT = 4096
"""Bytes of JSON text: beside 4096 bytes of raw record in hex this leaves an entry far below its limit."""
_DEEPEST = 8
_MOST = 1000  # values in one object
_SAFE_INT = 2**63
_FEW, _SHORT = 8, 32  # facts, and characters of each, that take no counting: a long log brings some with each record

_repr = reprlib.Repr()  # its limits multiply from level to level
_repr.maxlevel, _repr.maxother, _repr.maxstring, _repr.maxlong = 3, 1000, 1000, 100
_repr.maxdict = _repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxfrozenset = _repr.maxdeque = 10


def plain(value: object, limit: int = MAX_OBJECT) -> dict[str, object]:
    """A mapping as a JSON object of at most `limit` bytes.

    One that is larger becomes `{"cut": true, "bytes", "sha256", "text"}`: how large it was, the digest of its JSON
    text, and as much of that text as there is room for. What is no mapping becomes `{"value": …}`.
    """
    if limit >= MAX_OBJECT and _is_small(value):
        return dict(value)
    maker = _Maker()
    made = maker.value(value, 0)
    found = made if isinstance(made, dict) else {"value": made}
    text = dumps(found)
    raw = text.encode()
    if len(raw) <= limit and not maker.gave_up:
        return found
    digest = hashlib.sha256(raw).hexdigest()
    return {"cut": True, "bytes": len(raw), "sha256": digest, "text": text[: max(limit // 4 - 64, 0)]}


def text_of(value: object, most: int) -> str:
    """At most `most` characters of text that every JSON reader takes; of what is no text, its `repr`."""
    return clean(value if isinstance(value, str) else shown(value))[:most]


def clean(text: str) -> str:
    """Text without lone surrogates, which no JSON reader takes."""
    return str.__str__(text).encode("utf-8", "replace").decode()


def shown(value: object) -> str:
    """The `repr` of anything, of bounded length; never an error."""
    try:
        return _repr.repr(value)
    except Exception:  # noqa: BLE001 - the class of a third party may raise whatever it likes
        return f"<{type(value).__name__}>"


def said(error: BaseException) -> str:
    """What an exception says, as one line of at most 300 characters."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - see shown
        text = shown(error)
    return text_of(" ".join(text.split()), 300)


def _is_small(value: object) -> TypeGuard[dict[str, object]]:
    """Whether it is a plain object as it stands, and far from every limit."""
    return type(value) is dict and len(value) <= _FEW and all(_is_word(key) and _is_fact(value[key]) for key in value)


def _is_fact(value: object) -> bool:
    return (type(value) is int and abs(value) < _SAFE_INT) or _is_word(value)


def _is_word(value: object) -> bool:
    return type(value) is str and len(value) <= _SHORT and value.isprintable()


class _Maker:
    """Counts as it goes: references to one another can make a small value endless."""

    def __init__(self) -> None:
        self._left = _MOST
        self.gave_up = False

    def value(self, value: object, depth: int) -> object:
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, int):
            return int(value) if abs(int(value)) < _SAFE_INT else text_of(hex(value), 200)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(float(value))
        if self._left < 0:
            self.gave_up = True
            return "…"
        if depth < _DEEPEST:
            if isinstance(value, dict) and all(isinstance(key, str) for key in dict.keys(value)):
                return {clean(key): self.value(inner, depth + 1) for key, inner in dict.items(value)}
            if isinstance(value, list | tuple):
                return [self.value(inner, depth + 1) for inner in value]
        self._left -= 20  # it costs as much
        return text_of(shown(value), 4096)
