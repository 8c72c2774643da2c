"""People are not named in logs, pages and metrics: `pin:1042` is shown as `pin:10**`.

Enough is left for a technician to tell one line from the next; who it was stays in the log's entries. A NIP (18
digits: birth date, year of appointment, sex, number) is masked wherever it stands, and so are secrets.
"""

import re

_SUBJECT = re.compile(r"\b(pin|card):([^\s\"'<>()\[\]{},;]+)")
_NIP = re.compile(r"(?<![0-9])[0-9]{8}[ .-]?[0-9]{6}[ .-]?[0-9][ .-]?[0-9]{3}(?![0-9])")
_SECRET = re.compile(
    r"\b([a-z_]*(?:password|secret|token|comm_?key)[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;}\])]+)", re.I
)


def mask(value: str) -> str:
    """The first two characters, or the first half of a short value; the rest as stars."""
    kept = min(2, len(value) // 2)
    return value[:kept] + "*" * (len(value) - kept)


def mask_subject(subject: str) -> str:
    """`pin:1042` as `pin:10**`, `card:04A1B2C3` as `card:04******`; text of any other form is masked whole."""
    scheme, colon, who = subject.partition(":")
    return f"{scheme}:{mask(who)}" if colon else mask(subject)


def mask_text(text: str) -> str:
    """A line for people, with everybody in it masked: subjects, NIPs, and values of passwords and keys."""
    text = _SECRET.sub(r"\1***", text)
    text = _SUBJECT.sub(lambda found: mask_subject(found[0]), text)
    return _NIP.sub(lambda found: mask(found[0]), text)
