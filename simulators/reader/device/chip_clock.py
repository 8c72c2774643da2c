"""The chip's own clock, the one that TLS looks at: at power on it says 2000-01-01, and it runs on over a reset.

A process cannot have a clock of its own, unless libfaketime stands before it and reads from a file how far off it is:
then `FAKETIME_TIMESTAMP_FILE` names that file from outside, and here it is `PATH`. Else it is the host's clock, right
from the start, and to set it does nothing.
"""

import os
import time

PATH = "/.chip/clock-offset"
POWER_ON = 946_684_800


class ChipClock:
    """`kept`: the board was reset and had power all the time."""

    def __init__(self, kept: bool) -> None:
        self._free = os.getenv("FAKETIME_TIMESTAMP_FILE") is not None
        self._offset = 0
        if self._free:
            with open(PATH) as file:
                self._offset = int(file.read())
            if not kept:
                self.set(POWER_ON)

    def real(self) -> int:
        """Unix seconds of the world outside."""
        return int(time.time()) - self._offset

    def set(self, unix: int) -> None:
        """From now on it says `unix`."""
        if self._free:
            self._offset = unix - self.real()
            with open(PATH, "w") as file:
                file.write("%+d" % self._offset)
