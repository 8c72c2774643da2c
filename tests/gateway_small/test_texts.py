"""Every sentence is there in both languages, with the same facts in it."""

from collections.abc import Iterator
from string import Formatter

import pytest

from gateway import texts
from gateway.checks import words
from gateway.texts import Text


def sentences() -> Iterator[tuple[str, Text]]:
    for module in (texts, words):
        yield from ((name, text) for name, text in vars(module).items() if isinstance(text, Text))


def facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize(("name", "text"), list(sentences()), ids=lambda value: value if isinstance(value, str) else "")
def test_both_languages_say_the_same_facts(name: str, text: Text) -> None:
    assert facts(text.id) == facts(text.en), name
    assert text.id
    assert text.id != text.en


def test_the_language_is_chosen_once() -> None:
    said = Text("{n} hari", "{n} days").of(n=3)
    texts.choose("en")
    assert (str(said), f"{said}") == ("3 days", "3 days")
    texts.choose("id")
    assert str(said) == "3 hari"


def test_braces_in_a_fact_stay() -> None:
    assert Text("{x}", "{x}").of(x="{y}").id == "{y}"
