# What a reader gives: a tap, or a trouble; and what the UID of a tap can be (ISO/IEC 14443-3).

from collections import namedtuple

# method "card"/"finger" · scheme "card"/"pin" · ref text, e.g. "04A1B2C3D4E580" or "17" · raw the bytes as received ·
# flags a tuple of words:
#   random-uid   the card or phone draws another UID each time: it can never be known again
#   magic        a copy whose UID can be written (first generation only; later ones do not show)
#   wiegand      the number may be a part of the card's UID, or turned round: the reader decides, not the card
Tap = namedtuple("Tap", ("method", "scheme", "ref", "raw", "flags"))

# detail is one line of text for the technician; word:
#   two-cards       more than one card; said once until they are gone or one is left
#   bad-frame       somebody is there and was not understood: "once more, please"
#   unknown-finger  a finger that the sensor does not know
#   reader-reset    the chip had lost itself and was set right
#   reader-dead     it does not answer, not even after a hard reset; it is tried again and again
#   reader-back     it answers again
Trouble = namedtuple("Trouble", ("word", "detail"))


# A card that draws its UID anew has four bytes, the first of them 08h.
def is_random(uid: "bytes | bytearray") -> bool:
    return len(uid) == 4 and uid[0] == 0x08


# Is this a UID at all? For chips that do the cascade themselves. The first of four bytes is never the cascade tag 88h.
def plausible(uid: "bytes | bytearray") -> bool:
    return len(uid) in (7, 10) or (len(uid) == 4 and uid[0] != 0x88)
