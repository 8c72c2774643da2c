"""How far a bulk read is, by watching the frames go by; and the limit to what a terminal may make us hold."""

import logging
from struct import Struct

from gateway.drivers.zkteco import codes
from gateway.drivers.zkteco.frames import Frame

MAX_BYTES = 32 << 20
"""Three times the largest log we know of (200,000 records of 49 bytes, SpeedFace-V5L)."""

_LOG_EVERY = 1 << 20
_WORD = Struct("<I")
_log = logging.getLogger(__name__)
_BULK = (codes.PREPARE_BUFFER, codes.READ_BUFFER, codes.ATTLOG, codes.USERS, codes.OPLOG)


class Meter:
    """Watches one connection; its numbers may be read from any thread."""

    def __init__(self, who: str) -> None:
        self._who = who
        self.received = 0
        """Bytes of data so far."""
        self.expected = 0
        """Bytes announced; 0 while no bulk read is going on or none were announced."""
        self._command = 0

    def asked(self, command: int) -> None:
        """A command was sent."""
        self._command = command
        if command != codes.READ_BUFFER:
            self.received = self.expected = 0

    def answered(self, frame: Frame) -> None:
        """A reply came. Raises ValueError when it announces, or brings, more than any terminal holds."""
        if self._command not in _BULK:
            return
        data = frame.data
        if frame.command == codes.DATA:
            self._count(len(data))
        elif self._command == codes.PREPARE_BUFFER and frame.command == codes.ACK_OK and len(data) >= 5:
            self.expected = _WORD.unpack_from(data, 1)[0]  # ex:38-49: u8 0, u32 size
        elif self._command != codes.READ_BUFFER and frame.command == codes.PREPARE_DATA and len(data) >= 4:
            self.expected = _WORD.unpack_from(data)[0]
        if max(self.received, self.expected) > MAX_BYTES:
            raise ValueError(f"it announces {self.expected} bytes and sent {self.received}: no terminal holds as much")

    def _count(self, size: int) -> None:
        before, self.received = self.received, self.received + size
        if before // _LOG_EVERY != self.received // _LOG_EVERY:
            _log.info("%s: reading %s", self._who, self.text)

    @property
    def text(self) -> str:
        """`40960/4000004 bytes` while a bulk read is going on, otherwise empty."""
        if not self.received:
            return ""
        return f"{self.received}/{self.expected} bytes" if self.expected else f"{self.received} bytes"
