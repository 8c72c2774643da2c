"""What to do about a file that is no TOML: the reasons of `tomllib`, in the words of somebody who never heard of it."""

from gateway.texts import Text

_QUOTE = Text("tanda kutip penutup belum ada", "the closing quote is missing")
_BRACKET = Text("kurung siku penutup belum ada", "the closing bracket is missing")
_LINE = Text("baris ini bukan [bagian] dan bukan kunci = nilai", "the line is neither a [section] nor key = value")
_TWICE = Text("sudah ada di atas; hapus salah satu", "it is there already, above; remove one of them")

_HINTS = (
    ("Illegal character '\\n'", _QUOTE),
    ("Unterminated string", _QUOTE),
    ("Expected '\"'", _QUOTE),
    ('Expected "\'"', _QUOTE),
    ("Unescaped '\\' in a string", Text("tulis / sebagai ganti \\", "write / instead of \\")),
    (
        "Expected newline or end of document",
        Text('teks harus di dalam tanda kutip: "…"', 'text must be between quotes: "…"'),
    ),
    (
        "Invalid value",
        Text(
            'nilai harus teks di dalam tanda kutip lurus "…", angka, true atau false',
            'a value is text between straight quotes "…", a number, true or false',
        ),
    ),
    ("Cannot overwrite a value", _TWICE),
    ("Cannot declare", _TWICE),
    ("Expected ']'", _BRACKET),
    ("Expected ']]'", Text("tulis ]] di akhir", "write ]] at the end")),
    ("Unclosed array", _BRACKET),
    ("Expected '=' after a key", _LINE),
    ("Invalid initial character for a key", _LINE),
    ("Invalid statement", _LINE),
)
"""(how the reason begins, what to do)"""


def hint(reason: str) -> Text | None:
    """What to do, where that is known."""
    return next((text for start, text in _HINTS if reason.startswith(start)), None)
