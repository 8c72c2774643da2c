"""User numbers as text: leading zeros and letters stay."""

_UNKNOWN = (0, 0xFFFFFFFF)


def from_field(field: bytes) -> str | None:
    """The text before the first NUL of a fixed-width field; None when it is empty or not printable UTF-8."""
    try:
        text = field.partition(b"\0")[0].decode()
    except UnicodeDecodeError:
        return None
    return text if text.strip() and text.isprintable() else None


def from_number(number: int) -> str | None:
    """Decimal text of a 32-bit user number; None for 0 and for all ones, which mean nobody (rt:166-179)."""
    return None if number in _UNKNOWN else str(number)
