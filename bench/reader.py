"""The card reader's firmware under MicroPython's unix port: from a tap to its entry in flash; its code, its heap."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.report import Row
from provisioning.image import READERS, Release, compiled
from tests.firmware.heap import ARENA, KIB, whole_reader
from tests.firmware.interpreter import DEVICE, run


def rows(*, quick: bool) -> Iterator[Row]:
    """Milliseconds on simulated flash; only the ratio says something about an ESP32."""
    with tempfile.TemporaryDirectory() as folder:
        ran = run(DEVICE / "tap_cost.py", str(Path(folder) / "flash"), "200" if quick else "2000")
    ours, bare = float(ran.value("ours")), float(ran.value("bare"))
    yield Row("reader: tap to durable", ours, "ms", "one append + close", bare, at_most=2.0)
    yield Row("reader: all .mpy of a slot, its largest chip", max(map(_size, READERS)), "KiB", at_most=64.0)
    yield Row("reader: all .mpy of a slot, every chip in it", _size(None), "KiB")
    with tempfile.TemporaryDirectory() as folder:
        heap = whole_reader(Path(folder), in_flash=True)
    yield Row("reader: heap, TLS, 2,000 waiting", heap.fullest / KIB, "KiB", at_most=ARENA / KIB)


def _size(kind: str | None) -> float:
    return sum(map(len, compiled(Release("0", 0, kind=kind)).values())) / KIB
