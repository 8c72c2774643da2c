"""A right file gives structs; a wrong one gives a line for each mistake, with its path and what to do."""

import os
from pathlib import Path

import msgspec
import pytest

from gateway.config import Clock, Log, load
from gateway.errors import ConfigError
from gateway.mqtt.settings import BrokerSettings

RIGHT = """
[site]
id = "kec-pampangan"

[gateway]
id = "gw1"
data = "data"

[broker]
url = "mqtt://127.0.0.1:1883"

[[device]]
id = "pintu-depan"
driver = "zkteco"
host = "10.20.0.5"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.toml"


def mistakes(file: Path, text: str | bytes) -> tuple[str, ...]:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).splitlines() == [f"{file}: {line}" for line in caught.value.lines]
    return caught.value.lines


def test_a_right_file_gives_structs_with_defaults(file: Path) -> None:
    file.write_text(RIGHT)
    config = load(str(file))
    assert (config.site.id, config.site.timezone, config.site.lang) == ("kec-pampangan", "Asia/Jakarta", "id")
    assert config.site.zone.key == "Asia/Jakarta"
    assert config.gateway.data == file.parent / "data"
    assert (config.broker.url, config.broker.confirm, config.broker.window) == ("mqtt://127.0.0.1:1883", "central", 20)
    assert (config.log, config.clock) == (Log(400, 512, 1024), Clock("kernel", 2.0))
    device = config.devices[0]
    assert (device.id, device.driver, device.options, device.path) == (
        "pintu-depan",
        "zkteco",
        {"host": "10.20.0.5"},
        "device[0]",
    )
    assert config.warnings == ()


def test_every_key_of_the_design_is_read(file: Path) -> None:
    for name in ("ca.crt", "gw1.crt", "gw1.key"):
        (file.parent / name).write_text("x")
    (file.parent / "gw1.key").chmod(0o600)
    file.write_text("""
[site]
id = "kec-pampangan"
timezone = "Asia/Jayapura"
name = "Kecamatan Pampangan"
lang = "en"
[gateway]
id = "gw1"
data = "/var/lib/ketuk"
[broker]
url = "mqtts://central.example:8883"
ca = "ca.crt"
cert = "gw1.crt"
key = "gw1.key"
confirm = "broker"
window = 5
[log]
keep_days = 30
max_mb = 64
segment_kb = 256
[clock]
trust = "system"
max_drift_s = 5
""")
    config = load(file)
    assert config.gateway.data == Path("/var/lib/ketuk")
    assert (config.broker.ca, config.broker.cert, config.broker.key) == tuple(
        str(file.parent / name) for name in ("ca.crt", "gw1.crt", "gw1.key")
    )
    assert (config.broker.confirm, config.broker.window) == ("broker", 5)
    assert (config.log, config.clock) == (Log(30, 64, 256), Clock("system", 5.0))
    assert config.site.name == "Kecamatan Pampangan"
    assert config.warnings == ("there is no [[device]]: no punch will be recorded",)


def test_a_plain_connection_over_a_network_is_doubted(file: Path) -> None:
    file.write_text(RIGHT.replace("127.0.0.1", "central.example"))
    assert load(file).warnings == ("mqtt:// ke central.example tidak terenkripsi; pakai mqtts:// dengan sertifikat",)


def test_a_byte_order_mark_is_not_a_mistake(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + RIGHT.encode())
    assert load(file).site.id == "kec-pampangan"


SEGMENTS = "pakai 1 sampai 32 huruf kecil a-z, angka 0-9 atau tanda hubung"
BROKER_KEYS = ", ".join(sorted(name for name in msgspec.structs.asdict(BrokerSettings(url="mqtt://localhost"))))
URL = 'bukan alamat broker; tulis misalnya "mqtts://central.example:8883"'
ZONE = 'tidak dikenal; tulis misalnya "Asia/Jakarta"'
WRONG = [
    ('id = "gw1"', "id = 1", "gateway.id: expected string, got 1"),
    ('data = "data"', "data = 5", "gateway.data: expected path of a file or folder, got 5"),
    ('id = "gw1"', 'id = "Gw.1"', f'gateway.id: "Gw.1" tidak boleh: {SEGMENTS}'),
    ('id = "gw1"', 'id = ""', f'gateway.id: "" tidak boleh: {SEGMENTS}'),
    ('id = "gw1"', f'id = "{"a" * 33}"', f'gateway.id: "{"a" * 33}" tidak boleh: {SEGMENTS}'),
    ('id = "kec-pampangan"', 'id = "central"', 'site.id: "central" tidak boleh menjadi nama kantor'),
    ('id = "kec-pampangan"', "", "site.id: belum diisi (missing), expected string"),
    ("[gateway]", "[gatewai]", "gatewai: tidak dikenal (unknown key), maksudnya gateway?"),
    ("[broker]", "[broker]\nurll = 1", "broker.urll: tidak dikenal (unknown key), maksudnya url?"),
    ("[broker]", "[broker]\nzzz = 1", f"broker.zzz: tidak dikenal (unknown key); yang ada: {BROKER_KEYS}"),
    ("[broker]", '[broker]\nwindow = "20"', 'broker.window: expected int, got "20"'),
    ("[broker]", "[broker]\nwindow = true", "broker.window: expected int, got true"),
    ("[broker]", "[broker]\nwindow = 2.5", "broker.window: expected int, got 2.5"),
    ("[broker]", "[broker]\nwindow = 0", "broker.window: expected int from 1 to 1000, got 0"),
    ("[broker]", "[broker]\nwindow = {}", "broker.window: expected int, got a table"),
    ("[broker]", "[broker]\nwindow = 2026-01-01", "broker.window: expected int, got 2026-01-01"),
    ("[broker]", "[broker]\nack_timeout = nan", "broker.ack_timeout: expected number, got nan"),
    ("[broker]", '[broker]\nconfirm = "centre"', 'broker.confirm: expected one of "broker", "central", got "centre"'),
    ("[broker]", "[broker]\nkey = [1]", "broker.key: expected string, got an array"),
    ("mqtt://127.0.0.1:1883", "127.0.0.1", f'broker.url: "127.0.0.1" {URL}'),
    ("mqtt://127.0.0.1:1883", "mqtt://h:99999", f'broker.url: "mqtt://h:99999" {URL}'),
    ("mqtt://127.0.0.1:1883", "mqtt://h/topic", 'broker.url: nothing may follow the port, got "mqtt://h/topic"'),
    ("[[device]]", "[device]", "device: tulis [[device]] dengan dua kurung"),
    ('driver = "zkteco"', "", "device[0].driver: belum diisi (missing), expected string that is not empty"),
    ('id = "pintu-depan"', 'id = "pintu depan"', f'device[0].id: "pintu depan" tidak boleh: {SEGMENTS}'),
    ('id = "pintu-depan"', 'id = "gw1"', 'device[0].id: "gw1" sudah dipakai oleh gateway.id'),
    (
        "[[device]]",
        '[[device]]\nid = "pintu-depan"\ndriver = "virtual"\n[[device]]',
        'device[1].id: "pintu-depan" sudah dipakai oleh device[0].id',
    ),
    ('host = "10.20.0.5"', 'host = "10.20.0.5"\nport = "abc"', 'device[0].port: expected int, got "abc"'),
    ('host = "10.20.0.5"', "", "device[0].host: belum diisi (missing), expected string that is not empty"),
    (
        'driver = "zkteco"',
        'driver = "zktecoo"',
        'device[0].driver: unknown driver "zktecoo" (did you mean zkteco?); known are virtual, zkteco',
    ),
    ("[gateway]", "[log]\nkeep_days = 0\n[gateway]", "log.keep_days: expected int from 1 to 36500, got 0"),
    (
        "[gateway]",
        "[log]\nmax_mb = 8\nsegment_kb = 8000\n[gateway]",
        "log.segment_kb: harus lebih kecil dari log.max_mb",
    ),
    ("[gateway]", "[clock]\nmax_drift_s = 0\n[gateway]", "clock.max_drift_s: expected number from 1 to 3600, got 0"),
    ("[gateway]", '[clock]\ntrust = "ntp"\n[gateway]', 'clock.trust: expected one of "kernel", "system", got "ntp"'),
    ("[site]", "log = 3\n[site]", "log: expected table, got 3"),
    ("[site]", '[site]\ntimezone = "WIB7"', f'site.timezone: zona waktu "WIB7" {ZONE}'),
    ("[site]", '[site]\ntimezone = "../etc/passwd"', f'site.timezone: zona waktu "../etc/passwd" {ZONE}'),
    ("[site]", '[site]\nlang = "fr"', 'site.lang: expected one of "en", "id", got "fr"'),
    ("[site]", '[site]\nlang = "en"\nnam = ""', "site.nam: unknown key, did you mean name?"),
    ("[site]", f'[site]\nname = ["{"a" * 60}"]', "site.name: expected string, got an array"),
]


@pytest.mark.parametrize(("right", "wrong", "line"), WRONG, ids=[line.partition(": ")[0] for _, _, line in WRONG])
def test_a_mistake_is_one_line(file: Path, right: str, wrong: str, line: str) -> None:
    lines = mistakes(file, RIGHT.replace(right, wrong, 1))
    expected = [line, "gateway: belum ada (missing); tulis bagian [gateway]"] if line.startswith("gatewai") else [line]
    assert list(lines) == expected


def test_all_mistakes_come_at_once(file: Path) -> None:
    lines = mistakes(
        file,
        RIGHT.replace('"kec-pampangan"', '"KEC"').replace("[broker]", "[broker]\nwindw = 1\nca = 'no.crt'\nfoo = 1"),
    )
    assert [line.split(":")[0] for line in lines] == ["site.id", "broker.windw", "broker.foo", "broker.ca"]


def test_an_empty_file_names_what_is_needed(file: Path) -> None:
    assert mistakes(file, "") == tuple(
        f"{name}: belum ada (missing); tulis bagian [{name}]" for name in ("site", "gateway", "broker")
    )


def test_secrets_are_not_shown(file: Path) -> None:
    (line,) = mistakes(file, RIGHT.replace("[[device]]", '[[device]]\ncomm_key = "hunter2"'))
    assert line == "device[0].comm_key: expected int, got a string of 7 characters"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[site]\nid = \n", "2:6", "Invalid value"),
        ("[site]\nid = 'a\n", "3:1", 'Expected "\'" (at end of document)'),
        ("x = 1\nx = 2", "2:6", "Cannot overwrite a value"),
        ("x = [1,\n", "2:1", "Invalid value (at end of document)"),
        (b"[site]\nname = '\xff'\n", "2:9", "byte 0xff bukan UTF-8"),
    ],
)
def test_a_syntax_error_has_line_and_column(file: Path, text: str | bytes, place: str, reason: str) -> None:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}:{place}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_brackets_without_end_are_a_mistake_and_no_crash(file: Path) -> None:
    assert mistakes(file, "x = " + "[" * 100_000) == ("kurung bersarang terlalu dalam",)


def test_a_file_without_end_is_not_read(file: Path) -> None:
    assert mistakes(file, "#" * 1_000_001) == ("berkas lebih dari 1000000 byte",)


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"berkas tidak ada .*gateway\.toml; periksa nama sesudah -c"):
        load(file)


def test_a_folder_is_no_file(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigError, match=r"berkas tidak dapat dibaca: .*gateway.toml \(Is a directory\)"):
        load(file)


@pytest.fixture
def with_certificates(file: Path) -> str:
    for name, mode in (("ca.crt", 0o644), ("gw1.crt", 0o644), ("gw1.key", 0o600), ("password", 0o600)):
        (file.parent / name).write_text("x")
        (file.parent / name).chmod(mode)
    keys = 'ca = "ca.crt"\ncert = "gw1.crt"\nkey = "gw1.key"\nusername = "gw1"\npassword_file = "password"'
    return RIGHT.replace("[broker]", f"[broker]\n{keys}").replace("mqtt:", "mqtts:")


WHERE = "perbaiki letaknya, atau minta dari pengelola broker"


@pytest.mark.parametrize(("key", "name"), [("ca", "ca.crt"), ("cert", "gw1.crt"), ("key", "gw1.key")])
def test_a_missing_certificate_is_named(file: Path, with_certificates: str, key: str, name: str) -> None:
    (file.parent / name).unlink()
    assert mistakes(file, with_certificates) == (f"broker.{key}: berkas {file.parent / name} tidak ada; {WHERE}",)


@pytest.mark.parametrize("name", ["ca.crt", "gw1.key"])
def test_an_unreadable_certificate_is_named(file: Path, with_certificates: str, name: str) -> None:
    (file.parent / name).unlink()
    (file.parent / name).mkdir()
    (line,) = mistakes(file, with_certificates)
    assert line.endswith(f": berkas {file.parent / name} tidak dapat dibaca: Is a directory")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_can_read_is_refused(file: Path, with_certificates: str, mode: int) -> None:
    (file.parent / "gw1.key").chmod(mode)
    key = file.parent / "gw1.key"
    expected = f"broker.key: kunci rahasia {key} dapat dibaca orang lain; jalankan: chmod 600 {key}"
    assert mistakes(file, with_certificates) == (expected,)


def test_a_password_that_others_can_read_is_refused(file: Path, with_certificates: str) -> None:
    password = file.parent / "password"
    password.chmod(0o644)
    expected = f"broker.password_file: kata sandi di {password} dapat dibaca orang lain; jalankan: chmod 600 {password}"
    assert mistakes(file, with_certificates) == (expected,)


@pytest.mark.parametrize(
    ("left_out", "line"),
    [
        ("cert", "broker.cert: missing: broker.key is of no use without its certificate"),
        ("key", "broker.key: missing: broker.cert needs its private key"),
        ("username", "broker.username: missing: broker.password_file is of no use without it"),
    ],
)
def test_what_belongs_together(file: Path, with_certificates: str, left_out: str, line: str) -> None:
    text = "\n".join(row for row in with_certificates.splitlines() if not row.startswith(f"{left_out} ="))
    assert mistakes(file, text) == (line,)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(file: Path, with_certificates: str) -> None:
    (file.parent / "ca.crt").chmod(0)
    assert mistakes(file, with_certificates) == (
        f"broker.ca: berkas {file.parent / 'ca.crt'} tidak dapat dibaca: Permission denied",
    )


def test_paths_do_not_depend_on_where_the_program_stands(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(RIGHT)
    monkeypatch.chdir(file.parent)
    assert load("gateway.toml").gateway.data == file.parent / "data"


def test_the_key_of_the_centre(file: Path) -> None:
    file.write_text(RIGHT + f'[central]\nkey = "{"ab" * 32}"\n')
    assert load(file).central.key == "ab" * 32
    file.write_text(RIGHT)
    assert load(file).central.key == ""


@pytest.mark.parametrize("key", ["ab", "AB" * 32, "zz" * 32, "ab" * 32 + "\\n"])
def test_no_key_of_a_centre(file: Path, key: str) -> None:
    (line,) = mistakes(file, RIGHT + f'[central]\nkey = "{key}"\n')
    assert line == "central.key: bukan kunci: tulis 64 digit heksadesimal"
