# When a certificate was issued: a time that is surely past, for a reader that has no other.

from firmware import files
from firmware.timetext import unix_of


# Unix seconds at which the validity of these certificates (DER files) begins, the latest of them; 0 when none is found.
# RFC 5280, 4.1.2.5: the first UTCTime in a certificate, YYMMDDHHMMSSZ.
def latest(folder: str, *names: str) -> int:
    return max([_begins(files.read(folder + "/" + name) or b"") for name in names])


def _begins(raw: bytes) -> int:
    at = raw.find(b"\x17\x0d") + 2
    digits = raw[at : at + 12]
    if raw[at + 12 : at + 13] != b"Z" or not digits.isdigit():
        return 0
    year, *rest = [int(digits[place : place + 2]) for place in range(0, 12, 2)]
    return unix_of(2000 + year, *rest)
