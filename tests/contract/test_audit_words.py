"""The words that the gateway writes are on the contract's list: a wrong one would fail only in the rarest moment."""

import ast
from collections.abc import Iterator
from pathlib import Path

from contract import audit

GATEWAY = Path(__file__).parents[2] / "gateway"
WRITERS = {"data", "Finding", "Alarm", "ClockEvent", "Trouble", "_record", "_evidence", "_audit", "_tell"}


def words() -> Iterator[tuple[str, str]]:
    """(where, word) of every call that writes an audit entry with a literal word."""
    for path in GATEWAY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in WRITERS:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield f"{path.relative_to(GATEWAY)}:{node.lineno}", first.value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_word_is_on_the_list() -> None:
    found = list(words())
    assert [(where, word) for where, word in found if word not in audit.EVENTS] == []
    assert len({word for _, word in found}) >= 10
