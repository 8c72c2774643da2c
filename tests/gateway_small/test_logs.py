"""Log lines: one a line, masked, in text or JSON, repeats held back."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest

from gateway import logs
from gateway.errors import ConfigError

WHEN = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}"


@pytest.fixture(autouse=True)
def root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(log_format: str, *, verbose: bool = False) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    logs.set_up(log_format, verbose=verbose, stream=stream)
    return logging.getLogger("gateway.device"), stream


def test_text_is_a_line_with_time_level_and_place() -> None:
    logger, stream = written("text")
    logger.warning("%s: %s does not fit", "pintu-depan", "pin:1042")
    assert re.fullmatch(WHEN + r" WARNING gateway\.device: pintu-depan: pin:10\*\* does not fit\n", stream.getvalue())


def test_json_is_an_object_a_line() -> None:
    logger, stream = written("json")
    logger.warning("%s: \n %s ✓", "pintu-depan", "pin:1042")
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert re.fullmatch(WHEN, found.pop("time"))
    assert found == {"level": "warning", "logger": "gateway.device", "message": "pintu-depan: \n pin:10** ✓"}


def test_what_a_device_says_cannot_forge_a_line() -> None:
    logger, stream = written("text")
    logger.info("model %s", "K14\n2026-01-19T07:28:03+07:00 INFO gateway: all is well\x1b[2J\x85\u2028")
    assert len(stream.getvalue().splitlines()) == 1
    assert r"K14\x0a2026" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_people_and_secrets_are_masked_in_tracebacks_too(log_format: str) -> None:
    logger, stream = written(log_format)
    try:
        int("card:04A1B2C3 and NIP 199001012015031001, password=hunter2")
    except ValueError:
        logger.exception("it failed")
    text = stream.getvalue()
    assert "card:04****** and NIP 19****************, password=***" in text
    assert "ValueError: invalid literal" in text
    assert "A1B2C3" not in text


def test_debug_lines_only_when_asked_for() -> None:
    logger, stream = written("text")
    logger.debug("small things")
    assert stream.getvalue() == ""
    logger, stream = written("text", verbose=True)
    logger.debug("small things")
    assert stream.getvalue().endswith("DEBUG gateway.device: small things\n")


def test_an_unknown_format_is_a_wrong_call() -> None:
    with pytest.raises(ConfigError, match=r'^--log-format: expected text or json, got "xml"$'):
        logs.set_up("xml")


def test_a_wrong_call_of_a_logger_is_still_a_line() -> None:
    logger, stream = written("text")
    logger.info("%d records", "many")
    assert stream.getvalue().endswith("INFO gateway.device: %d records ('many',)\n")


class Hand:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def record(message: str, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("gateway", level, "", 0, message, None, None)


def test_a_line_that_repeats_comes_once_a_minute_with_a_count() -> None:
    hand = Hand()
    repeats = logs.Repeats(hand)
    assert repeats.filter(record("silent"))
    for second in range(1, 60):
        hand.now = 1000.0 + second
        assert not repeats.filter(record("silent"))
    assert repeats.filter(record("another"))
    assert repeats.filter(record("silent", logging.ERROR))
    hand.now = 1060.0
    again = record("silent")
    assert repeats.filter(again)
    assert logs.TextFormatter().format(again).endswith("silent (and 59 times more)")
    hand.now = 1121.0
    once = record("silent")
    assert repeats.filter(once)
    assert logs.TextFormatter().format(once).endswith(" gateway: silent")


def test_repeats_are_held_back_on_the_way_out() -> None:
    logger, stream = written("text")
    for _ in range(100):
        logger.warning("%s: does not answer", "pintu-depan")
    assert len(stream.getvalue().splitlines()) == 1


def test_what_is_remembered_is_bounded() -> None:
    repeats = logs.Repeats(Hand())
    for number in range(3 * logs._REMEMBERED):
        assert repeats.filter(record(f"line {number}"))
    assert len(repeats._seen) == logs._REMEMBERED
    assert not repeats.filter(record(f"line {3 * logs._REMEMBERED - 1}"))
