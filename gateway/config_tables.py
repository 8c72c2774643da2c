"""TOML tables into frozen structs: every mistake of a file is found in one go, each with its path and its reason.

    class Options(msgspec.Struct, frozen=True):
        host: str
        port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 4370

    options = read(Options, {"host": "10.20.0.5", "port": "abc"}, "device[0]")
    ConfigError: device[0].port: expected int from 1 to 65535, got "abc"

Fields may be int, float, bool, str, Path, Literal, lists of these, other structs, lists of structs, each `| None`;
`Check` adds a rule of one's own. A relative Path is meant from the folder of the configuration file.
"""

import difflib
import json
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from gateway import texts
from gateway.config_words import expected
from gateway.errors import ConfigError
from gateway.texts import Text, exact

S = TypeVar("S", bound=msgspec.Struct)

_SECRET = ("key", "password", "secret", "token")


class Check(NamedTuple):
    """A rule on a field's value, as metadata of its type: the reason why it is wrong, or None."""

    rule: Callable[[Any], Text | None]


NEAR_FILE = "a relative path is meant from the folder of the configuration file"
"""Metadata for a path that is kept as str; Path fields need no saying."""


class Mistake(NamedTuple):
    """One thing that is wrong in the file."""

    path: str
    reason: Text

    def line(self) -> str:
        """`device[0].port: expected int, got "abc"`"""
        return f"{self.path}: {self.reason}" if self.path else str(self.reason)


def read(kind: type[S], table: Mapping[str, object], path: str = "") -> S:
    """The struct that a table says. Raises ConfigError with a line for each mistake in it."""
    reader = TableReader()
    made = reader.table(kind, table, path)
    if made is None or reader.mistakes:
        raise ConfigError(*(mistake.line() for mistake in reader.mistakes))
    return made


@dataclass
class TableReader:
    """Reads tables one after the other and gathers their mistakes."""

    base: Path = Path()
    """Folder that relative paths are meant from."""
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, path: str, reason: Text) -> None:
        """One more mistake."""
        self.mistakes.append(Mistake(path, reason))

    def table(self, kind: type[S], value: object, path: str) -> S | None:
        """The struct of type `kind` that `value` says; None, and mistakes, where it does not."""
        if not isinstance(value, Mapping):
            self.add(path, exact(f"expected table, got {shown(value)}"))
            return None
        before = len(self.mistakes)
        fields = {known.encode_name: known for known in msgspec.structs.fields(kind)}
        self.unknown(value, fields, path)
        hints = typing.get_type_hints(kind, include_extras=True)
        made: dict[str, object] = {}
        for name, known in fields.items():
            where = f"{path}.{name}" if path else name
            if name in value:
                made[known.name] = self._value(hints[known.name], value[name], where)
            elif known.required:
                self.add(where, texts.MISSING.of(expected=expected(hints[known.name])))
        return self._made(kind, made) if len(self.mistakes) == before else None

    def _made(self, kind: type[S], values: dict[str, object]) -> S | None:
        try:
            return kind(**values)
        except ConfigError as error:  # a struct may check its values against one another, and says the path itself
            self.mistakes += [Mistake("", exact(line)) for line in error.lines]
            return None

    def unknown(self, table: Iterable[str], known: Iterable[str], path: str) -> None:
        """A mistake for each key that nothing will read, with the known one that is nearest."""
        names = sorted(known)
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key.lower(), names, n=1)
                reason = texts.UNKNOWN_NEAR.of(near=near[0]) if near else texts.UNKNOWN.of(known=", ".join(names))
                self.add(f"{path}.{key}" if path else key, reason)

    def _value(self, hint: Any, value: object, path: str) -> object:
        kind, metadata = _taken_apart(hint)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.table(kind, value, path)
        if typing.get_origin(kind) in (list, tuple):
            return self._list(kind, value, path)
        made = _converted(value, str if kind is Path else hint)
        if made is None:
            meant = kind if _converted(value, kind) is None else hint  # a wrong type, or only a wrong value of it
            self.add(path, exact(f"expected {expected(meant)}, got {_shown_at(path, value)}"))
            return None
        if kind is Path:
            made = self.base / made
        elif NEAR_FILE in metadata:
            made = str(self.base / made)
        reasons = [extra.rule(made) for extra in metadata if isinstance(extra, Check)]
        self.mistakes += [Mistake(path, reason) for reason in reasons if reason is not None]
        return made

    def _list(self, kind: Any, value: object, path: str) -> object:
        if not isinstance(value, list):
            self.add(path, exact(f"expected {expected(kind)}, got {_shown_at(path, value)}"))
            return None
        item = typing.get_args(kind)[0]
        return typing.get_origin(kind)(self._value(item, one, f"{path}[{index}]") for index, one in enumerate(value))


def _converted(value: object, kind: Any) -> Any:
    """The value as `kind`, or None: TOML has no null, and `nan` and `inf` are no numbers to configure with."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _taken_apart(hint: Any) -> tuple[Any, list[object]]:
    """The type without `| None` and without metadata, and that metadata."""
    metadata: list[object] = []
    while True:
        if typing.get_origin(hint) is typing.Annotated:
            hint, *more = typing.get_args(hint)
            metadata += more
        elif typing.get_origin(hint) in (typing.Union, types.UnionType):
            hint = next(arg for arg in typing.get_args(hint) if arg is not types.NoneType)
        else:
            return hint, metadata


def _shown_at(path: str, value: object) -> str:
    name = path.rpartition(".")[2]
    if isinstance(value, str) and any(word in name for word in _SECRET):
        return f"a string of {len(value)} characters"
    return shown(value)


def shown(value: object) -> str:
    """A value as the file has it, at most 40 characters of it."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    return text if len(text) <= 40 else text[:37] + "…" + ('"' if isinstance(value, str) else "")
