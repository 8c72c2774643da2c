"""A simulated board whose chip has a clock of its own: libfaketime (Debian's faketime) stands before its process."""

from pathlib import Path

import pytest


def own_clock(folder: Path) -> dict[str, str]:
    """Environment of the process of a board in `folder`; see simulators/reader/device/chip_clock.py."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("needs libfaketime: apt install faketime")
    offset = folder / ".chip" / "clock-offset"
    offset.parent.mkdir(parents=True)
    offset.write_text("+0")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
