"""`ketuk central run`: the ingester as a service, or on a terminal with a picture of what it does."""

import json
import logging
import signal
import sys
import threading
import time
from pathlib import Path

from central.commands.screen import Screen
from central.config import load, partition
from central.errors import CentralError, ConfigError
from central.ingest.ingester import Ingester
from central.notify import notify

_BEAT_S = 1.0
STUCK_S = 120.0
"""Without a turn for so long the watchdog is no longer fed: longer than any statement of ours may take."""
SUMMARY_S = 60.0


def run(file: Path, part: str, log_format: str, *, verbose: bool) -> int:
    """Until SIGTERM or SIGINT. Raises ConfigError, SchemaError."""
    config = load(file)
    _log_to_stderr(log_format, verbose=verbose)
    # The ingester's thread computes while paho's waits for the interpreter: by default up to 5 ms a packet.
    sys.setswitchinterval(0.0005)
    stop, failure = threading.Event(), []
    ingester = Ingester(config, partition(part))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def work() -> None:
        try:
            ingester.run(stop)
        except CentralError as error:
            failure.append(error)
        finally:
            stop.set()

    worker = threading.Thread(target=work, name="ingester", daemon=True)
    worker.start()
    _watch(ingester, stop)
    worker.join(15)
    if failure:
        raise failure[0]
    return 1 if worker.is_alive() else 0


def _watch(ingester: Ingester, stop: threading.Event) -> None:
    """Tell systemd and people how it goes, until `stop`."""
    screen = Screen(ingester) if sys.stderr.isatty() else None
    ready, summed_up, before = False, time.monotonic(), 0
    while not stop.wait(_BEAT_S if screen is None else _BEAT_S / 4):
        now = time.monotonic()
        if not ready and not ingester.trouble and ingester.session.connected:
            ready = True
            notify("READY=1")
        if now - ingester.alive_at < STUCK_S:
            notify("WATCHDOG=1")
        if screen is not None:
            screen.draw()
        elif now - summed_up >= SUMMARY_S and ingester.counts.entries != before:
            summed_up, before = now, ingester.counts.entries
            logging.getLogger(__name__).info("%s", summary(ingester))
    notify("STOPPING=1")
    if screen is not None:
        screen.close()
    logging.getLogger(__name__).info("%s", summary(ingester))


def summary(ingester: Ingester) -> str:
    """One line."""
    counts = ingester.counts
    said = f"{counts.entries} entries, {counts.duplicates} again, {ingester.watermarks.gateways} gateways"
    said += f", {ingester.watermarks.missing} with something missing"
    for count, what in ((counts.forks, "forked"), (counts.dead, "dead letters"), (counts.alarms, "alarms")):
        said += f", {count} {what}" if count else ""
    return said


def _log_to_stderr(log_format: str, *, verbose: bool) -> None:
    if log_format not in ("auto", "text", "json"):
        raise ConfigError(f'--log-format: expected auto, text or json, got "{log_format}"')
    if log_format == "auto":
        log_format = "text" if sys.stderr.isatty() else "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else logging.Formatter(_TEXT, datefmt="%Y-%m-%dT%H:%M:%S%z"))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if verbose else logging.INFO, force=True)


_TEXT = "%(asctime)s %(levelname)s %(message)s"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
