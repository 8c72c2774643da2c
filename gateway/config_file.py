"""A TOML file into a mapping; what hinders it is told with line and column, as editors count them."""

import re
import tomllib
from pathlib import Path

from gateway import texts
from gateway.config_hints import hint
from gateway.errors import ConfigError
from gateway.texts import DEFAULT, Lang, Text

MAX_BYTES = 1_000_000
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")

_ENGLISH = re.compile(r"^\s*lang\s*=\s*[\"']en[\"']", re.M)  # in a file that is no TOML


def load_toml(path: Path) -> dict[str, object]:
    """What the file says. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(str(texts.NO_FILE.of(file=path))) from error
    except OSError as error:
        raise ConfigError(str(texts.UNREADABLE.of(file=path, reason=error.strerror))) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(str(texts.TOO_LARGE.of(limit=MAX_BYTES)), file=str(path))
    return _parsed(_decoded(raw, path), path)


def language(document: dict[str, object]) -> Lang:
    """The language that a file asks for, even where the rest of it is wrong."""
    site = document.get("site")
    return "en" if isinstance(site, dict) and site.get("lang") == "en" else DEFAULT


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-8-sig")  # editors on Windows put a byte order mark in front
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        said = str(texts.NOT_UTF8.of(byte=f"0x{raw[error.start]:02x}"))
        raise ConfigError(said, file=f"{path}:{line}:{column}") from error


def _parsed(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        texts.choose("en" if _ENGLISH.search(text) else DEFAULT)
        reason = str(error)
        place = _PLACE.search(reason)  # none where a quote or bracket is missing: then it is "at end of document"
        line, column = place.groups() if place else (text.count("\n") + 1, len(text) - text.rfind("\n"))
        raise ConfigError(str(_advised(_PLACE.sub("", reason))), file=f"{path}:{line}:{column}") from error
    except RecursionError as error:
        raise ConfigError(str(texts.NESTED), file=str(path)) from error


def _advised(reason: str) -> Text:
    advice = hint(reason)
    if advice is None:
        return texts.SYNTAX.of(reason=reason)
    says = texts.SYNTAX_HINT
    return Text(says.id.format(hint=advice.id, reason=reason), says.en.format(hint=advice.en, reason=reason))
