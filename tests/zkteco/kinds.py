"""The generations of firmware, each over the transports that it speaks: the columns of the matrix."""

from typing import Literal, NamedTuple


class Kind(NamedTuple):
    """One generation over one transport."""

    profile: str
    transport: Literal["tcp", "udp"]

    @property
    def text_ids(self) -> bool:
        """Whether user ids may have letters and leading zeros."""
        return self.profile in ("tft-tcp", "new-tcp")

    @property
    def counts(self) -> bool:
        """Whether it tells how many records it holds."""
        return self.profile != "new-tcp"

    @property
    def names_slots(self) -> bool:
        """Whether its records name a slot instead of a person."""
        return self.profile == "zem-udp-old"

    def __str__(self) -> str:
        return self.profile if self.profile != "tft-tcp" or self.transport == "tcp" else "tft-tcp/udp"


KINDS = (
    Kind("zem-udp-old", "udp"),
    Kind("zem-udp", "udp"),
    Kind("tft-tcp", "tcp"),
    Kind("tft-tcp", "udp"),
    Kind("new-tcp", "tcp"),
)
