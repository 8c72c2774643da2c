"""The live table and the JSON lines as they look, for good and for hostile input."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, ConsoleRenderable

from central.listen import jsonlines
from central.listen.arrival import Arrival, mask, read, text
from central.listen.marks import Marker
from central.listen.table import OVERHEAD, screen, shown_time
from central.listen.tally import ROWS, Tally
from contract.entry import AUDIT
from tests.listen.chain import Chain


def drawn(renderable: ConsoleRenderable, width: int = 120) -> str:
    console = Console(record=True, width=width, height=50, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(renderable)
    console.file.close()
    return console.export_text()


def tally_of(*arrivals: Arrival) -> Tally:
    tally, marker = Tally(state="connected to mqtt://127.0.0.1:1883", connected=True), Marker()
    for each in arrivals:
        tally.add(each if each.error else dataclasses.replace(each, marks=marker.marks(each.event)))
    return tally


def punch(chain: Chain, **how: object) -> Arrival:
    return read(chain.topic(), chain.punch(**how))  # type: ignore[arg-type]


def test_a_row_says_when_where_who_how_and_what_is_remarkable() -> None:
    late = punch(Chain(), recorded="2026-03-02T13:00:00+07:00", direction="break_out", clock="holdover")
    row = next(line for line in drawn(screen(tally_of(late), 120, 30)).splitlines() if "kec-pampangan" in line)
    assert row.split() == [
        *("2026-03-02", "12:00:00", "+07", "kec-pampangan", "pintu-depan"),
        *("pin:10**", "finger", "break_out", "late", "unsynced"),
    ]


def test_people_are_masked_unless_asked_for() -> None:
    tally = tally_of(punch(Chain(), subject="card:04A1B2C3D4E580"))
    assert "04A1B2C3D4E580" not in drawn(screen(tally, 120, 30))
    assert "card:04A1B2C3D4E580" in drawn(screen(tally, 120, 30, unmask=True))


@pytest.mark.parametrize(
    ("subject", "masked"),
    [("pin:1042", "pin:10**"), ("card:04A1B2C3", "card:04A1****"), ("pin:7", "pin:*"), ("1042", "10**"), ("", "")],
)
def test_masking_keeps_people_apart_and_unnamed(subject: str, masked: str) -> None:
    assert mask(subject) == masked


@pytest.mark.parametrize("width", [60, 80, 99, 100, 200])
@pytest.mark.parametrize("height", [3, 10, 24])
def test_it_fits_any_screen(width: int, height: int) -> None:
    chain = Chain(site="s" * 32, gateway="g" * 32)
    tally = tally_of(*(punch(chain, device="d" * 32, direction="overtime_out", clock="unset") for _ in range(60)))
    tally.state = "no connection: " + "x" * 300
    lines = drawn(screen(tally, width, height), width).splitlines()
    assert len(lines) <= max(height, OVERHEAD)
    assert max(map(len, lines)) <= width


def test_on_eighty_columns_the_marks_are_still_there() -> None:
    text_ = drawn(screen(tally_of(punch(Chain(), clock="unset")), 80, 24), 80)
    assert "unsynced" in text_
    assert "03-02 12:00:00 +07" in text_


def test_the_newest_row_is_the_last_and_old_ones_leave() -> None:
    chain = Chain()
    tally = tally_of(*(punch(chain, subject=f"pin:{number}") for number in range(1000, 1000 + ROWS + 50)))
    lines = [line for line in drawn(screen(tally, 120, OVERHEAD + 3, unmask=True)).splitlines() if "pin:" in line]
    assert [line.split()[5] for line in lines] == ["pin:1247", "pin:1248", "pin:1249"]
    assert len(tally.rows) == ROWS


def test_an_audit_entry_says_what_happened() -> None:
    chain = Chain()
    shown = drawn(screen(tally_of(read(chain.topic(AUDIT), chain.audit("terminal-clock-stepped"))), 120, 30))
    assert "audit" in shown
    assert "terminal-clock-stepped" in shown


def test_rubbish_is_a_row_of_its_own() -> None:
    tally = tally_of(read("ketuk/v1/kec-pampangan/gw1/log/punch", b"\xff\x00 nonsense"), punch(Chain()))
    shown = drawn(screen(tally, 160, 30), 160)
    assert "unreadable" in shown
    assert "entry: not JSON" in shown
    assert "1 punch; 1 unreadable" in shown
    assert "pin:10**" in shown


def test_no_sequence_of_the_sender_reaches_the_terminal() -> None:
    chain = Chain()
    hostile = punch(chain, subject="pin:\x1b[2J\x9b1m[red]x[/red]\u202e", method="\x07finger\n\n")
    shown = drawn(screen(tally_of(hostile), 160, 30, unmask=True), 160)
    assert "[red]x[/red]" in shown
    assert not {char for char in shown if not char.isprintable()} - {"\n"}
    line = jsonlines.line(hostile)
    assert line.isascii()
    assert line.isprintable()


@given(st.text(max_size=200), st.integers(1, 80))
def test_shown_text_is_one_printable_line_of_bounded_length(value: str, limit: int) -> None:
    assert text(value, limit).isprintable()
    assert len(text(value, limit)) <= limit


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        ("2026-03-02T12:00:00+07:00", "2026-03-02 12:00:00 +07"),
        ("2026-03-02T12:00:00.75+05:30", "2026-03-02 12:00:00 +05:30"),
        ("2026-03-02T05:00:00Z", "2026-03-02 05:00:00 +00"),
        ("2026-02-31T05:00:00+07:00", "2026-02-31T05:00:00+0…"),
        (None, "no clock"),
    ],
)
def test_times_are_shown_with_their_offset(time: str | None, shown: str) -> None:
    assert shown_time(time) == shown


def test_a_json_line_has_every_attribute_and_the_marks() -> None:
    chain = Chain()
    first, again = punch(chain), read(chain.topic(), chain.raws[0])
    tally = tally_of(first, again)
    lines = [json.loads(jsonlines.line(arrival)) for arrival in tally.rows]
    assert lines[0] == {
        **json.loads(chain.raws[0]),
        "site": "kec-pampangan",
        "gateway": "gw1",
        "kind": "punch",
        "marks": [],
    }
    assert lines[1]["marks"] == ["replayed"]


@given(st.binary(max_size=300), st.text(max_size=30))
def test_anything_becomes_one_json_line(payload: bytes, topic: str) -> None:
    line = jsonlines.line(read(topic, payload))
    assert "\n" not in line
    assert set(json.loads(line)) == {"error", "topic", "payload"}


def test_a_summary_counts_kinds_and_marks() -> None:
    chain = Chain()
    first = punch(chain)
    tally = tally_of(first, first, read(chain.topic(AUDIT), chain.audit()), read("x", b"{}"))
    assert tally.summary() == "2 punches, 1 audit entry: 1 replayed; 1 unreadable"
    assert Tally().summary() == "0 punches"
