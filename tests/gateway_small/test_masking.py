"""Nobody can be read out of a line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.masking import mask_subject, mask_text


@pytest.mark.parametrize(
    ("subject", "masked"),
    [
        ("pin:1042", "pin:10**"),
        ("pin:000042", "pin:00****"),
        ("pin:104", "pin:1**"),
        ("pin:42", "pin:4*"),
        ("pin:7", "pin:*"),
        ("pin:", "pin:"),
        ("card:04A1B2C3D4E580", "card:04************"),
        ("199001012015031001", "19****************"),
    ],
)
def test_a_subject(subject: str, masked: str) -> None:
    assert mask_subject(subject) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("pintu-depan: pin:1042 finger in", "pintu-depan: pin:10** finger in"),
        ('{"subject": "pin:1042", "x": 1}', '{"subject": "pin:10**", "x": 1}'),
        ("(card:04A1B2C3), pin:9001;", "(card:04******), pin:90**;"),
        ("NIP 199001012015031001 tidak ada", "NIP 19**************** tidak ada"),
        ("19900101 201503 1 001", "19*******************"),
        ("19900101.201503.1.001", "19*******************"),
        ("comm_key=123456", "comm_key=***"),
        ("password: 'a b' and", "password: *** and"),
        ('{"comm_key": 12, "port": 4370}', '{"comm_key": ***, "port": 4370}'),
        ("BROKER_PASSWORD=hunter2", "BROKER_PASSWORD=***"),
    ],
)
def test_a_line(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "sequence 00000000000000001042",
        "1737246483123456789 ns",
        "pintu-depan: 1042 records",
        "spin:1042",
        "broker.key: there is no file gw1.key",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert mask_text(text) == text


@given(before=st.text(max_size=20), pin=st.from_regex(r"[0-9]{4,18}", fullmatch=True), after=st.text(max_size=20))
def test_no_pin_gets_through_whatever_stands_around_it(before: str, pin: str, after: str) -> None:
    masked = mask_text(f"{before} pin:{pin} {after}")
    assert f"pin:{pin}" not in masked
    assert re.search(r"pin:[0-9]{2}\*{2,16}", masked)
