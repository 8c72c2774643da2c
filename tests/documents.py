"""What Markdown files say that can be checked: blocks of code, commands, links. Pure but for the list of files."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]

_FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.M | re.S)
_INDENTED = re.compile(r"(?:\A|(?<=\n))[ \t]*\n((?:    [^\n]*\n)+)")
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINK = re.compile(r"\]\(\s*([^()\s]+)\s*\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.M)
_ALTERNATIVES = re.compile(r"(?<=[a-z]) \| (?=[a-z])")


def fenced(text: str, language: str) -> list[str]:
    """The blocks that are marked as being in a language."""
    return [block for kind, block in _FENCE.findall(text) if kind == language]


def calls(text: str, program: str) -> set[tuple[str, ...]]:
    """The words after the name of a program, wherever it is called in code; `a|b` stands for two calls."""
    called = re.compile(rf"(?:^|[;&|(] *)(?:[$#] |sudo |\S*/bin/)*{program} +([^;&#>\n]+)", re.M)
    lines = [line for code in _code(text) for line in called.findall(code)]
    return {words for line in lines for words in itertools.product(*(word.split("|") for word in line.split()))}


def links(text: str) -> list[str]:
    """The targets of links and pictures."""
    return _LINK.findall(_FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """The names under which GitHub lets headings be linked to."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _code(text: str) -> Iterator[str]:
    yield from (block for _, block in _FENCE.findall(text))
    prose = _FENCE.sub("", text)
    yield from ("\n".join(line[4:] for line in block.splitlines()) for block in _INDENTED.findall(prose))
    spans = _SPAN.findall(_INDENTED.sub("\n\n", prose))
    yield from (_ALTERNATIVES.sub("|", " ".join(span.split())) for span in spans)
