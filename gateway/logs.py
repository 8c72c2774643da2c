"""The program's own log lines, on standard error: text for people or a JSON object a line, people masked.

A line that repeats is written once a minute, with how often it was left out; lines that a device's text would break
in two stay one line.
"""

import json
import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from gateway.errors import ConfigError
from gateway.masking import mask_text

REPEAT_S = 60.0
_REMEMBERED = 500  # different lines

_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)}


def set_up(log_format: str = "text", *, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Everything that is logged goes to `stream` (standard error) as `text` or `json`. Raises ConfigError."""
    formatters: dict[str, Callable[[], logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}
    if log_format not in formatters:
        raise ConfigError(f'--log-format: expected text or json, got "{log_format}"')
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatters[log_format]())
    handler.addFilter(Repeats())
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if verbose else logging.INFO, force=True)


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")


def _words(record: logging.LogRecord) -> str:
    """The message; a wrong call of a logger must not stop a gateway."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def _message(record: logging.LogRecord) -> str:
    left_out = getattr(record, "left_out", 0)
    return _words(record) + (f" (and {left_out} times more)" if left_out else "")


class TextFormatter(logging.Formatter):
    """`2026-01-19T07:28:03+07:00 WARNING gateway.device: pintu-depan: does not answer`"""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_when(record)} {record.levelname} {record.name}: {_message(record).translate(_ESCAPED)}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return mask_text(line)


class JsonFormatter(logging.Formatter):
    """`{"time":…,"level":"warning","logger":…,"message":…}`, with `exception` where there was one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_text(_message(record)),
        }
        if record.exc_info:
            line["exception"] = mask_text(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class Repeats(logging.Filter):
    """Lets the same line through once in REPEAT_S seconds and adds to it how often it was left out since."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._lock = threading.Lock()  # handlers filter before they lock
        self._seen: OrderedDict[tuple[str, int, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, record.levelno, _words(record))
        now = self._monotonic()
        with self._lock:
            last, left_out = self._seen.get(key, (None, 0))
            if last is not None and now - last < REPEAT_S:
                self._seen[key] = (last, left_out + 1)
                return False
            self._seen[key] = (now, 0)
            self._seen.move_to_end(key)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        record.left_out = left_out
        return True
