# The SSD1306 display, 128 x 64 (Solomon Systech data sheet, sections 8 and 10), two lines of large letters.

import framebuf

ADDRESS = 0x3C
_INIT = b"\xae\x20\x00\x40\xa1\xa8\x3f\xc8\xd3\x00\xda\x12\xd5\x80\xd9\xf1\xdb\x30\x81\x8f\xa4\xa6\x8d\x14\xaf"


class Oled:
    # `i2c`: writeto. Raises OSError when nothing answers.
    def __init__(self, i2c):
        self._i2c = i2c
        self._raw = bytearray(1 + 1024)
        self._raw[0] = 0x40
        self._frame = framebuf.FrameBuffer(memoryview(self._raw)[1:], 128, 64, framebuf.MONO_VLSB)
        for byte in _INIT:
            self._command(byte)

    def show(self, first, second):
        self._frame.fill(0)
        self._frame.text(first[:16], 0, 16)
        self._frame.text(second[:16], 0, 40)
        for byte in b"\x21\x00\x7f\x22\x00\x07":
            self._command(byte)
        self._i2c.writeto(ADDRESS, self._raw)

    def _command(self, byte):
        self._i2c.writeto(ADDRESS, bytes((0x80, byte)))
