"""TOML tables into frozen structs: every mistake of a file at once, a line each, with path and reason."""

import difflib
import json
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from central.errors import ConfigError

S = TypeVar("S", bound=msgspec.Struct)

MAX_BYTES = 1_000_000
_SECRET = ("key", "password", "secret", "token")


def load_toml(path: Path) -> dict[str, object]:
    """What the file says. Raises ConfigError, with line and column where it is no TOML."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}: check the name after -c") from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: more than {MAX_BYTES} bytes: is this the right file?")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not correct TOML: {error}") from error


class Tables:
    """Reads sections one after the other and gathers their mistakes; relative paths are meant from `base`."""

    def __init__(self, document: Mapping[str, object], base: Path) -> None:
        self.mistakes: list[str] = []
        self._document, self._base = document, base

    def section(self, name: str, kind: type[S]) -> S | None:
        """The struct that `[name]` says; None, and mistakes, where it does not."""
        table = self._document.get(name, {})
        if not isinstance(table, Mapping):
            self.mistakes.append(f"{name}: expected table, got {shown(name, table)}")
            return None
        before = len(self.mistakes)
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        self.unknown(table, fields, f"{name}.")
        values = {}
        for key, field in fields.items():
            if key in table:
                values[key] = self._value(field.type, table[key], f"{name}.{key}")
            elif field.required:
                self.mistakes.append(f"{name}.{key}: missing")
        if len(self.mistakes) != before:
            return None
        try:
            return kind(**values)
        except ConfigError as error:
            self.mistakes += error.lines
            return None

    def unknown(self, table: Iterable[str], known: Iterable[str], where: str = "") -> None:
        """A mistake for each key that nothing will read, with the known one that is nearest."""
        names = sorted(known)
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key.lower(), names, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}"
                self.mistakes.append(f"{where}{key}: unknown key; {hint}")

    def _value(self, hint: Any, value: object, path: str) -> object:
        kind = _inner(hint)
        try:
            made = msgspec.convert(value, str if kind is Path else hint)
        except msgspec.ValidationError as error:
            reason = str(error).replace("`", "").partition(" - at")[0]
            self.mistakes.append(f"{path}: {reason[0].lower()}{reason[1:]}; the file has {shown(path, value)}")
            return None
        return self._base / str(made) if kind is Path else made


def _inner(hint: Any) -> Any:
    """The type without `| None`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(arg for arg in typing.get_args(hint) if arg is not types.NoneType)
    return hint


def shown(path: str, value: object) -> str:
    """A value as the file has it, at most 40 characters of it; never a secret."""
    name = path.rpartition(".")[2]
    if isinstance(value, str) and any(word in name for word in _SECRET):
        return f"a string of {len(value)} characters"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "an array"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
