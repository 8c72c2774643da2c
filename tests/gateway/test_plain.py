"""Any value as JSON can say it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.jsontext import dumps, loads
from gateway.plain import MAX_OBJECT, clean, plain, said, shown, text_of
from tests.gateway import strange


@settings(deadline=None)
@given(value=strange.details)
def test_whatever_it_is_becomes_a_json_object_of_bounded_size(value: Any) -> None:
    found = plain(value)
    raw = dumps(found).encode()
    assert len(raw) <= MAX_OBJECT
    assert loads(raw) == found


@pytest.mark.parametrize(
    "value",
    [
        {"verify": 1, "state": 0, "id_source": "device"},
        {"nested": {"list": [1, 2.5, None, True, "é"], "tuple": [1]}, "": -(2**62)},
        {},
    ],
)
def test_what_json_knows_stays_as_it_is(value: dict[str, object]) -> None:
    assert plain(value) == value
    assert list(plain(value)) == list(value)


@given(value=st.dictionaries(st.text(max_size=40), st.text(max_size=40) | st.integers() | st.booleans(), max_size=10))
def test_a_few_short_facts_are_the_same_by_the_short_way_and_the_long(value: dict[str, object]) -> None:
    """The long way is taken as soon as one of the values needs a closer look."""
    found, other = plain(value), plain({**value, "more": []})
    assert found is not value
    assert [(key, type(inner), inner) for key, inner in {**found, "more": []}.items()] == [
        (key, type(inner), inner) for key, inner in other.items()
    ]


def test_a_small_limit_holds_for_short_facts_too() -> None:
    assert plain({"a": "x" * 32, "b": "y" * 32}, limit=40)["cut"] is True


@pytest.mark.parametrize(
    ("value", "as_text"),
    [
        (b"\x01\xff", "b'\\x01\\xff'"),
        ({3}, "{3}"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ({1: 2}, "{1: 2}"),
        ("\ud800", "?"),
        (strange.Text("x"), "x"),
        (strange.Colour.RED, 1),
        (strange.Unspeakable(), "<Unspeakable"),
        (2**64, "0x10000000000000000"),
    ],
)
def test_what_json_does_not_know_is_shown(value: object, as_text: object) -> None:
    found = plain({"x": value})["x"]
    assert found == as_text or str(found).startswith(f"{as_text} instance")


def test_what_is_no_mapping_is_kept_as_a_value() -> None:
    assert plain([1, 2]) == {"value": [1, 2]}


def test_what_is_too_large_is_cut_and_says_so() -> None:
    found = plain({"x": 'é"' * 10_000})
    assert found["cut"] is True
    text = json.dumps({"x": 'é"' * 10_000}, ensure_ascii=False, separators=(",", ":"))
    assert found["bytes"] == len(text.encode())
    assert text.startswith(str(found["text"]))
    assert len(str(found["text"])) > 500


def test_what_has_no_end_is_cut_in_time() -> None:
    found = plain({"x": strange.MONSTERS["billion laughs"]})
    assert found["cut"] is True


def test_one_line_of_an_error() -> None:
    assert said(ValueError("a\n  b")) == "a b"
    assert len(said(ValueError("x" * 9999))) == 300


def test_text_without_surrogates_and_of_bounded_length() -> None:
    assert clean("a\ud800b") == "a?b"
    assert text_of("x" * 100, 64) == "x" * 64
    assert text_of(12, 64) == "12"
    assert len(shown("x" * 100_000)) <= 1000
