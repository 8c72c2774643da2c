"""What is kept of a look at a device's clock, over restarts of the gateway. Pure."""

from datetime import datetime, timedelta

import msgspec

from gateway.punch import wall_time

NEAR = timedelta(seconds=60)
"""Between the time of a device's own record of a setting and one of the two times of that setting."""


class Look(msgspec.Struct, frozen=True):
    """The last comparison, as it is kept across restarts."""

    offset_s: float
    at: str
    """Trusted time of the comparison, RFC 3339."""
    serial: str = ""
    mark: str = ""
    """`Clock.mark` at the comparison."""
    synced: bool = True
    """Whether the trusted clock was synchronised then."""
    setting: bool = False
    """We went on to set the device's clock, and have not seen yet what came of it."""
    before_s: float | None = None
    """Its offset before we last set it."""
    set_to: str = ""
    """Its time right after that."""
    told: str = ""
    """What we last told it to show, and what it showed then; empty: we never did, or its own record of it was seen."""
    told_at: str = ""

    def telling(self, local_time: datetime, offset_s: float) -> "Look":
        """The same, as we are about to tell a device that is so far off to show `local_time`."""
        told, told_at = _text(local_time), _text(local_time + timedelta(seconds=offset_s))
        return msgspec.structs.replace(self, setting=True, told=told, told_at=told_at)

    def told_it(self, recorded: object) -> bool:
        """Whether a setting that the device recorded at this time of its own may be the last of ours.

        Firmware gives such a record the time before the setting, or the one after it.
        """
        moment = wall_time(recorded) if isinstance(recorded, str) else None
        ours = (wall_time(self.told), wall_time(self.told_at))
        return moment is not None and any(one is not None and abs(moment - one) <= NEAR for one in ours)


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
