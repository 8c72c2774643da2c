"""The reader's memory: the whole of it in a heap as small as the design allows, and the size of its code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.image import READERS, Release, compiled
from simulators.reader.main import BUILT
from tests.firmware.heap import whole_reader


@pytest.mark.parametrize("in_flash", [True, False], ids=["code-in-flash", "code-in-the-heap"])
def test_the_whole_reader_fits(in_flash: bool, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    heap = whole_reader(tmp_path, in_flash=in_flash)
    record_property("held", heap.held)
    record_property("fullest", heap.fullest)


@pytest.mark.parametrize("kind", READERS)
def test_what_a_reader_needs_fits_64_kib(kind: str, record_property: Callable[[str, object], None]) -> None:
    files = compiled(Release("0.1.0", BUILT, kind=kind))
    total = sum(len(raw) for raw in files.values())
    record_property("mpy", total)
    assert total <= 65_536
    assert [name for name in files if name.startswith("firmware/readers/")]
