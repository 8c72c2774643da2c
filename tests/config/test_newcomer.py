"""The mistakes of somebody who writes a configuration for the first time: told where, and what to write instead."""

from pathlib import Path

import pytest

from gateway.config import load
from gateway.errors import ConfigError
from tests.config.test_load import RIGHT

NO_TOML = [
    ('id = "gw1"', 'id = "gw1', "6:10", "tanda kutip penutup belum ada", "the closing quote is missing"),
    ('"10.20.0.5"', "10.20.0.5", "15:13", 'teks harus di dalam tanda kutip: "…"', 'text must be between quotes: "…"'),
    ('"gw1"', "“gw1”", "6:6", "tanda kutip lurus", "straight quotes"),
    ('"gw1"', "gw1", "6:6", "tanda kutip lurus", "straight quotes"),
    ('"data"', '"C:\\data"', "7:13", "tulis / sebagai ganti \\", "write / instead of \\"),
    ('id = "gw1"', 'id = "gw1"\nid = "gw2"', "7:11", "sudah ada di atas", "it is there already"),
    ("[gateway]", "[site]", "5:6", "sudah ada di atas", "it is there already"),
    ("[gateway]", "[gateway", "5:9", "kurung siku penutup belum ada", "the closing bracket is missing"),
    ("[[device]]", "[[device]", "12:9", "tulis ]] di akhir", "write ]] at the end"),
    ('id = "gw1"', 'id: "gw1"', "6:3", "bukan kunci = nilai", "nor key = value"),
    ("[gateway]", "(gateway)", "5:1", "bukan kunci = nilai", "nor key = value"),
]


def _said(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    return str(caught.value)


@pytest.mark.parametrize(("right", "wrong", "place", "indonesian", "english"), NO_TOML, ids=[row[1] for row in NO_TOML])
def test_what_is_no_toml(tmp_path: Path, right: str, wrong: str, place: str, indonesian: str, english: str) -> None:
    """In the language of the file, although nobody can read it yet."""
    file = tmp_path / "gateway.toml"
    said = _said(file, RIGHT.replace(right, wrong, 1))
    assert said.startswith(f"{file}:{place}: bukan TOML yang benar: ")
    assert indonesian in said
    said = _said(file, RIGHT.replace(right, wrong, 1) + 'lang = "en"\n')
    assert said.startswith(f"{file}:{place}: not correct TOML: ")
    assert english in said


def test_a_reason_without_advice_is_told_as_it_is(tmp_path: Path) -> None:
    said = _said(tmp_path / "gateway.toml", "x = 2024-02-31\n")
    assert said.endswith(":1:5: bukan TOML yang benar: Invalid date or datetime")


@pytest.mark.parametrize(
    "host", ["10.20.0.5:4370", "http://10.20.0.5", "10.20.0.5/24", "10.20.0.500", "10.20.0", " 10.20.0.5", "a b", "-"]
)
def test_what_is_no_address(tmp_path: Path, host: str) -> None:
    said = _said(tmp_path / "gateway.toml", RIGHT.replace("10.20.0.5", host))
    assert said.endswith(
        f': device[0].host: "{host}" bukan nama atau alamat; tulis misalnya "10.20.0.5", porta di kunci port'
    )


@pytest.mark.parametrize("host", ["10.20.0.5", "fe80::1", "fe80::1%eth0", "pintu", "pintu_1.lan", "pintu.lan.", "x"])
def test_what_is_an_address(tmp_path: Path, host: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(RIGHT.replace("10.20.0.5", host))
    assert load(file).devices[0].options["host"] == host


@pytest.mark.parametrize("folder", ["~/ketuk", "~", "/home/~/x"])
def test_a_folder_that_only_a_shell_would_know(tmp_path: Path, folder: str) -> None:
    said = _said(tmp_path / "gateway.toml", RIGHT.replace('"data"', f'"{folder}"'))
    assert said.endswith('gateway.data: "~": tulis letak lengkap seperti "/var/lib/ketuk", tanpa ~')


def test_a_name_without_a_password_is_doubted(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(RIGHT.replace("[broker]", '[broker]\nusername = "gw1"'))
    assert load(file).warnings == ("broker.username tanpa broker.password_file: broker biasanya menolaknya",)
