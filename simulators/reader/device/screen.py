"""An SSD1306 display as its controller holds it, read back as text: each 8 x 8 cell is compared with the font's."""

import framebuf

_PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]


class Screen:
    """What was last written to the display's memory."""

    def __init__(self) -> None:
        self.memory = bytes(1024)
        self.commands = 0
        self._font: dict[bytes, str] = {}
        cell = bytearray(8)
        frame = framebuf.FrameBuffer(cell, 8, 8, framebuf.MONO_VLSB)
        for letter in _PRINTABLE:
            frame.fill(0)
            frame.text(letter, 0, 0)
            self._font.setdefault(bytes(cell), letter)

    def writeto(self, raw: bytes) -> None:
        """A write on the bus: 40 and the whole memory, or 80 and a command."""
        if raw[0] == 0x40 and len(raw) == 1025:
            self.memory = bytes(raw[1:])
        else:
            self.commands += 1

    def lines(self) -> list[str]:
        """The text in the rows that have any."""
        rows = [self._row(page) for page in range(8)]
        return [row for row in rows if row]

    def _row(self, page: int) -> str:
        letters = [self._font.get(self.memory[at : at + 8], "?") for at in range(128 * page, 128 * page + 128, 8)]
        return "".join(letters).rstrip()
