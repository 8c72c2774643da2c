"""A type in the words of a configuration file: `int from 1 to 65535`, `one of "tcp", "udp"`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect


def expected(hint: Any) -> str:
    """What a value of this type looks like, for people."""
    return _said(inspect.type_info(hint))


def _said(info: inspect.Type) -> str:
    for kind, say in _WORDS.items():
        if isinstance(info, kind):
            return say(info)
    raise msgspec.ValidationError(f"no words for {info}")


def _number(name: str) -> Callable[[Any], str]:
    def say(info: Any) -> str:
        if info.ge is not None and info.le is not None:
            return f"{name} from {info.ge} to {info.le}"
        limits = (
            (info.ge, "of at least"),
            (info.gt, "above"),
            (info.le, "of at most"),
            (info.lt, "below"),
        )
        return " ".join([name, *(f"{word} {limit}" for limit, word in limits if limit is not None)])

    return say


def _string(info: inspect.StrType) -> str:
    if info.min_length == 1 and info.max_length is None:
        return "string that is not empty"
    if info.max_length is not None:
        return f"string of {info.min_length or 0} to {info.max_length} characters"
    return "string"


def _one_of(info: inspect.LiteralType) -> str:
    return "one of " + ", ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in info.values)


def _union(info: inspect.UnionType) -> str:
    return _said(next(kind for kind in info.types if not isinstance(kind, inspect.NoneType)))


def _custom(info: inspect.CustomType) -> str:
    return "path of a file or folder" if info.cls is Path else info.cls.__name__


_WORDS: dict[type, Callable[[Any], str]] = {
    inspect.Metadata: lambda info: _said(info.type),
    inspect.IntType: _number("int"),
    inspect.FloatType: _number("number"),
    inspect.BoolType: lambda _: "true or false",
    inspect.StrType: _string,
    inspect.LiteralType: _one_of,
    inspect.UnionType: _union,
    inspect.StructType: lambda _: "table",
    inspect.CustomType: _custom,
    inspect.ListType: lambda info: "array of " + _said(info.item_type),
    inspect.VarTupleType: lambda info: "array of " + _said(info.item_type),
}
