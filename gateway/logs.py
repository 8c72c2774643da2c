"""The program's own log lines, on standard error: text for people or a JSON object a line, people masked.

Times are the office's, with their offset from UTC: a technician compares them with the clock on the wall. A line that
repeats is counted and not written (`gateway.repeats`); lines that a device's text would break in two stay one line.
"""

import json
import logging
import sys
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Literal, TextIO

from gateway.errors import ConfigError
from gateway.masking import mask_text
from gateway.repeats import Repeats, words_of

Format = Literal["text", "json"]

_BREAKING = (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)  # that json.dumps lets through and some readers break lines at
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(0x20), *_BREAKING)}
_ESCAPED_JSON = {code: f"\\u{code:04x}" for code in _BREAKING}


def format_for(stream: TextIO, wanted: str = "auto") -> Format:
    """`auto` is text on a terminal and JSON elsewhere. Raises ConfigError for a format that there is not."""
    if wanted == "auto":
        return "text" if stream.isatty() else "json"
    if wanted not in ("text", "json"):
        raise ConfigError(f'--log-format: expected auto, text or json, got "{wanted}"')
    return "json" if wanted == "json" else "text"


def set_up(
    log_format: Format = "text", *, verbose: bool = False, zone: tzinfo | None = None, stream: TextIO | None = None
) -> None:
    """Everything that is logged goes to `stream` (standard error), its times in `zone` (None: this machine's)."""
    formatters: dict[Format, Callable[[tzinfo | None], logging.Formatter]] = {
        "text": TextFormatter,
        "json": JsonFormatter,
    }
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(formatters[log_format](zone))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if verbose else logging.INFO, force=True)


class _Handler(logging.StreamHandler[TextIO]):
    """What was held back and did not come again goes out before what comes next, or at the end."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._repeats = Repeats()
        self.addFilter(self._repeats)

    def emit(self, record: logging.LogRecord) -> None:
        for late in self._repeats.late():
            super().emit(late)
        super().emit(record)

    def close(self) -> None:
        for late in self._repeats.late(all=True):
            super().emit(late)
        super().close()


def _message(record: logging.LogRecord) -> str:
    left_out = getattr(record, "left_out", 0)
    return words_of(record) + (f" (and {left_out} more)" if left_out else "")


class _Formatter(logging.Formatter):
    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._zone = zone

    def when(self, record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, self._zone).astimezone(self._zone).isoformat(timespec="seconds")


class TextFormatter(_Formatter):
    """`2026-01-19T07:28:03+07:00 WARNING gateway.device: pintu-depan: does not answer`"""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.when(record)} {record.levelname} {record.name}: {_message(record).translate(_ESCAPED)}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return mask_text(line)


class JsonFormatter(_Formatter):
    """`{"time":…,"level":"warning","logger":…,"message":…}`, with `exception` where there was one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_text(_message(record)),
        }
        if record.exc_info:
            line["exception"] = mask_text(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False).translate(_ESCAPED_JSON)
