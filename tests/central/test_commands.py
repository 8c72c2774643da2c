"""`ketuk central …` as people call it: what it prints, and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from central.store import open_database
from central.store.migrations import migrate
from tests.central.books import Centre
from tests.central.chain import Chain, public
from tests.central.running import write_config


def ketuk(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    command = [sys.executable, "-m", "gateway.cli", "central", *map(str, arguments)]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "150"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def chain() -> Chain:
    return Chain().punches(20, time="2026-03-02T07:28:00+07:00", recorded="2026-03-02T07:28:01+07:00").signs()


@pytest.fixture
def centre(tmp_path: Path, chain: Chain) -> Centre:
    database = open_database(f"sqlite:{tmp_path / 'central.db'}")
    migrate(database)
    centre = Centre(database)
    centre.take([chain.birth()], chain.messages())
    return centre


@pytest.fixture
def config(tmp_path: Path, centre: Centre) -> Path:
    return write_config(tmp_path / "central.toml", "mqtt://127.0.0.1:1", "sqlite:central.db")


def test_verify_says_what_it_looked_at_and_that_it_is_whole(config: Path, chain: Chain) -> None:
    code, out, err = ketuk("verify", "-c", config)
    assert (code, err) == (0, "")
    assert "kec-pampangan/gw1" in out
    assert f"signed with 56475aa75463474c (first contact): {public(chain.key)}" in out
    assert "21 entries of 1 log looked at: whole" in out
    assert ketuk("verify", "-c", config, "--gateway", "kec-tulung/gw1")[1].count("0 entries of 0 logs") == 1


def test_verify_as_json_and_exit_code(config: Path, centre: Centre) -> None:
    with centre.database.transaction() as sql:
        changed = "CAST(replace(CAST(raw AS TEXT), 'pin:1042', 'pin:1043') AS BLOB)"
        sql.run(f"UPDATE entry SET raw = {changed} WHERE sequence = 5")  # noqa: S608 - of this test
    code, out, _ = ketuk("verify", "-c", config, "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["logs"][0]["entries"]) == (1, False, 21)
    assert {problem["kind"] for problem in found["logs"][0]["problems"]} == {"altered", "broken", "column"}


def test_export_and_verify_elsewhere(config: Path, tmp_path: Path, chain: Chain) -> None:
    bundle = tmp_path / "evidence.zip"
    day = ("--from", "2026-03-02", "--to", "2026-03-02")
    code, _, err = ketuk("export", "-c", config, "--gateway", "kec-pampangan/gw1", *day, "-o", bundle)
    assert (code, "21 entries of 1 logs in" in err) == (0, True)
    (tmp_path / "central.db").unlink()
    assert ketuk("verify", bundle)[0] == 0
    code, out, _ = ketuk("verify", bundle, "--key", "ab" * 32, "--json")
    assert (code, json.loads(out)["logs"][0]["problems"][0]["kind"]) == (1, "unknown-key")


def test_key_and_trust(config: Path, centre: Centre) -> None:
    code, out, _ = ketuk("key", "-c", config)
    assert (code, len(out.strip())) == (0, 64)
    assert ketuk("key", "-c", config)[1] == out
    assert ketuk("trust", "-c", config, "kec-pampangan/gw1", "ab" * 32)[0] == 0
    assert centre.rows("SELECT why FROM signing_key WHERE public = ?", "ab" * 32) == ["operator"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("verify",), 2, "expected a bundle, or -c central.toml"),
        (("verify", "/nonexistent.zip"), 1, "cannot be read: No such file"),
        (("verify", "/etc/passwd"), 1, "is not a whole bundle"),
        (("verify", "CONFIG", "-c", "CONFIG"), 2, "expected a bundle, or"),
        (("verify", "-c", "CONFIG", "--gateway", "gw1"), 2, "expected a gateway as site/gateway"),
        (("verify", "-c", "/nonexistent.toml"), 2, "cannot be read"),
        (("verify", "/etc/passwd", "--key", "xyz"), 2, "--key: expected 64 hex digits"),
        (("export", "-c", "CONFIG", "--gateway", "a/b", "--from", "yesterday", "--to", "x", "-o", "y"), 2, "--from"),
        (("trust", "-c", "CONFIG", "a/b", "xyz"), 2, "expected a public key of 64 hex digits"),
        (("run", "-c", "CONFIG", "--partition", "5/4"), 2, "--partition"),
        (("run", "-c", "CONFIG", "--log-format", "xml"), 2, "--log-format"),
    ],
)
def test_called_wrongly(arguments: tuple[str, ...], code: int, said: str, config: Path) -> None:
    found, _, err = ketuk(*(str(config) if word == "CONFIG" else word for word in arguments))
    assert found == code
    assert said in err
    assert err.startswith("ketuk: ")


def test_no_database_yet(tmp_path: Path) -> None:
    config = write_config(tmp_path / "other.toml", "mqtt://127.0.0.1:1", "sqlite:none.db")
    code, _, err = ketuk("verify", "-c", config)
    assert (code, "start `ketuk central run` first" in err) == (1, True)
    assert not (tmp_path / "none.db").exists()
