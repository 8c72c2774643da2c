"""What the gateway says to technicians, in Indonesian and in English; `[site] lang` chooses.

A sentence is one `Text`; `of()` puts the facts in, `str()` says it. Paths, keys and types stay as the file has them.
"""

from typing import Literal, NamedTuple

Lang = Literal["id", "en"]
DEFAULT: Lang = "id"


class Text(NamedTuple):
    """One sentence in both languages; `{name}` marks where a fact goes."""

    id: str
    en: str

    def of(self, **facts: object) -> "Text":
        """The sentence with its facts."""
        return Text(self.id.format(**facts), self.en.format(**facts))

    def __str__(self) -> str:
        return self.id if _Choice.lang == "id" else self.en


class _Choice:
    lang: Lang = DEFAULT


def choose(lang: Lang) -> None:
    """The language of everything that is said from here on."""
    _Choice.lang = lang


def exact(text: str) -> Text:
    """What is the same in both languages: keys, types, values."""
    return Text(text, text)


# reading the configuration file
NO_FILE = Text(  # nobody knows its language yet
    "berkas tidak ada (no such file): {file}; periksa nama sesudah -c (check the name after -c)",
    "there is no file {file}; check the name after -c",
)
UNREADABLE = Text(
    "berkas tidak dapat dibaca: {file} ({reason}); periksa nama, pemilik dan izinnya",
    "cannot read {file} ({reason}); check its name, owner and permissions",
)
NOT_UTF8 = Text(
    "byte {byte} bukan UTF-8: simpan berkas ini dengan pengodean UTF-8",
    "byte {byte} is not UTF-8: save the file as UTF-8",
)
TOO_LARGE = Text("berkas lebih dari {limit} byte", "the file has more than {limit} bytes")
SYNTAX = Text("bukan TOML yang benar: {reason}", "not correct TOML: {reason}")
SYNTAX_HINT = Text("bukan TOML yang benar: {hint} ({reason})", "not correct TOML: {hint} ({reason})")
NESTED = Text("kurung bersarang terlalu dalam", "brackets are nested too deeply")

# its values
DOUBLE_BRACKETS = Text("tulis [[device]] dengan dua kurung", "write [[device]] with two brackets")
URL = Text(
    '{value} bukan alamat broker; tulis misalnya "mqtts://central.example:8883"',
    '{value} is not the address of a broker; write for example "mqtts://central.example:8883"',
)
NO_SECTION = Text("belum ada (missing); tulis bagian [{name}]", "missing; write the section [{name}]")
MISSING = Text("belum diisi (missing), expected {expected}", "missing, expected {expected}")
UNKNOWN_NEAR = Text("tidak dikenal (unknown key), maksudnya {near}?", "unknown key, did you mean {near}?")
UNKNOWN = Text("tidak dikenal (unknown key); yang ada: {known}", "unknown key; known here: {known}")
SEGMENT = Text(
    "{value} tidak boleh: pakai 1 sampai 32 huruf kecil a-z, angka 0-9 atau tanda hubung",
    "{value} is not allowed: use 1 to 32 of the characters a-z, 0-9 and hyphen",
)
SITE_CENTRAL = Text('"central" tidak boleh menjadi nama kantor', '"central" may not be the name of a site')
TIMEZONE = Text(
    'zona waktu {value} tidak dikenal; tulis misalnya "Asia/Jakarta"',
    'there is no time zone {value}; write for example "Asia/Jakarta"',
)
NO_TZDATA = Text(
    "mesin ini tidak punya daftar zona waktu; jalankan: sudo apt install tzdata",
    "this machine has no list of time zones; run: sudo apt install tzdata",
)
TWICE = Text("{value} sudah dipakai oleh {other}", "{value} is already used by {other}")
SEGMENT_LARGER = Text("harus lebih kecil dari log.max_mb", "must be smaller than log.max_mb")

HOME = Text(
    '{value}: tulis letak lengkap seperti "/var/lib/ketuk", tanpa ~',
    '{value}: write the whole path, like "/var/lib/ketuk", without ~',
)
HOST = Text(
    '{value} bukan nama atau alamat; tulis misalnya "10.20.0.5", porta di kunci port',
    '{value} is not a name or an address; write for example "10.20.0.5", and the port under port',
)

# files that it names
FILE_MISSING = Text(
    "berkas {file} tidak ada; perbaiki letaknya, atau minta dari pengelola broker",
    "there is no file {file}; correct its path, or ask for it where the broker is run",
)
FILE_UNREADABLE = Text("berkas {file} tidak dapat dibaca: {reason}", "cannot read {file}: {reason}")
KEY_OPEN = Text(
    "kunci rahasia {file} dapat dibaca orang lain; jalankan: chmod 600 {file}",
    "others can read the private key {file}; run: chmod 600 {file}",
)
PASSWORD_OPEN = Text(
    "kata sandi di {file} dapat dibaca orang lain; jalankan: chmod 600 {file}",
    "others can read the password in {file}; run: chmod 600 {file}",
)

# what is allowed but looks wrong
NO_DEVICES = Text(
    "belum ada [[device]]: tidak ada absensi yang akan tercatat", "there is no [[device]]: no punch will be recorded"
)
NO_PASSWORD = Text(
    "broker.username tanpa broker.password_file: broker biasanya menolaknya",
    "broker.username without broker.password_file: a broker usually refuses that",
)
NOT_ENCRYPTED = Text(
    "mqtt:// ke {host} tidak terenkripsi; pakai mqtts:// dengan sertifikat",
    "mqtt:// to {host} is not encrypted; use mqtts:// with certificates",
)
