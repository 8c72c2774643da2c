# What a reader gives: a tap, or a trouble.

from collections import namedtuple

# method "card"/"finger" · scheme "card"/"pin" · ref text, e.g. "04A1B2C3D4E580" or "17" · raw the bytes as received ·
# flags a tuple of words: "random-uid", "magic", "partial"
Tap = namedtuple("Tap", ("method", "scheme", "ref", "raw", "flags"))

# word "two-cards", "bad-frame", "reader-reset", "reader-dead" · detail one line of text for the technician
Trouble = namedtuple("Trouble", ("word", "detail"))
