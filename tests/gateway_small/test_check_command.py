"""`ketuk check` as it is called: exit codes, JSON lines in a pipe, a table on a terminal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import cli
from tests.gateway_small.configs import write


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, str]], str]:
    """Exit code, JSON lines, standard error."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", *arguments])
    output = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, [json.loads(line) for line in output.out.splitlines()], output.err


def test_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, errors = call(capsys, "-c", str(write(tmp_path)), "--offline", "--allow-volatile")
    assert (code, errors) == (0, "")
    assert lines[0] == {"check": "config", "state": "ok", "detail": f"{tmp_path / 'gateway.toml'} is right"}
    assert [(line["check"], line["state"]) for line in lines[-2:]] == [("broker", "skip"), ("device[0]", "skip")]
    assert {tuple(line) for line in lines} == {("check", "state", "detail")}


def test_something_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = call(capsys, "-c", str(write(tmp_path)), "--allow-volatile")
    assert code == 1
    assert [line["check"] for line in lines if line["state"] == "bad"] == ["broker"]


def test_what_only_looks_wrong_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = call(capsys, "-c", str(write(tmp_path, devices="")), "--offline", "--allow-volatile")
    assert code == 0
    assert {"check": "config", "state": "warn", "detail": "there is no [[device]]: no punch will be recorded"} in lines


def test_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, more='[[device]]\nid = "x"\ndriver = "zkteco"\nhost = "h"\nport = "abc"\n')
    code, lines, errors = call(capsys, "-c", str(file))
    assert (code, lines) == (2, [])
    assert errors == f'ketuk: {file}: device[0].port: expected int, got "abc"\n'


def test_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = call(capsys, "-c", str(tmp_path / "no.toml"))
    assert code == 2
    assert str(tmp_path / "no.toml") in errors
    assert len(errors.splitlines()) == 1


def test_a_table_on_a_terminal(tmp_path: Path) -> None:
    file = write(tmp_path, devices="")
    terminal, inside = pty.openpty()
    arguments = [sys.executable, "-m", "gateway.cli", "check", "-c", str(file), "--allow-volatile"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "200", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
    done = subprocess.Popen(arguments, stdout=inside, stderr=inside, env=environment)
    os.close(inside)
    shown = b""
    while chunk := _read(terminal):
        shown += chunk
    os.close(terminal)
    assert done.wait(60) == 1
    text = shown.decode()
    for mark, name in (("✓", "gateway.data"), ("!", "config"), ("✗", "broker")):
        assert any(mark in row and name in row for row in text.splitlines()), text
    assert "{" not in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 10000)
    except OSError:  # Linux says so when the other end is closed
        return b""
