"""Log lines: one a line, masked, in text or JSON, repeats held back."""

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

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


def written(
    log_format: logs.Format, *, verbose: bool = False, zone: tzinfo | None = None
) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    logs.set_up(log_format, verbose=verbose, zone=zone, stream=stream)
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


def test_json_is_one_line_whatever_a_reader_breaks_lines_at() -> None:
    logger, stream = written("json")
    said = "K14\n\r\x0b\x0c\x1c\x85\u2028\u2029\x7f end"
    logger.info("%s", said)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["message"] == said


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_times_are_those_of_the_office(log_format: logs.Format) -> None:
    logger, stream = written(log_format, zone=ZoneInfo("Asia/Jakarta"))
    before = datetime.now(UTC).replace(microsecond=0)
    logger.warning("what time is it?")
    (told,) = re.findall(WHEN, stream.getvalue())
    assert told.endswith("+07:00")
    assert before <= datetime.fromisoformat(told) <= datetime.now(UTC)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_people_and_secrets_are_masked_in_tracebacks_too(log_format: logs.Format) -> None:
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
    with pytest.raises(ConfigError, match=r'^--log-format: expected auto, text or json, got "xml"$'):
        logs.format_for(io.StringIO(), "xml")


def test_people_read_text_and_programs_json() -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert (logs.format_for(Screen()), logs.format_for(io.StringIO())) == ("text", "json")
    assert (logs.format_for(Screen(), "json"), logs.format_for(io.StringIO(), "text")) == ("json", "text")


def test_a_wrong_call_of_a_logger_is_still_a_line() -> None:
    logger, stream = written("text")
    logger.info("%d records", "many")
    assert stream.getvalue().endswith("INFO gateway.device: %d records ('many',)\n")


def test_what_was_held_back_is_told_at_the_end() -> None:
    logger, stream = written("text")
    for _ in range(100):
        logger.warning("%s: does not answer", "pintu-depan")
    assert len(stream.getvalue().splitlines()) == 1
    logs.set_up("text", stream=io.StringIO())  # as at the end of the program: the handlers before are closed
    first, last = stream.getvalue().splitlines()
    assert first.endswith("pintu-depan: does not answer")
    assert last.endswith("pintu-depan: does not answer (and 98 more)")
