"""`ketuk log`, as people and programs call it."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway import cli
from gateway.entries import Draft
from tests.log.damage import Copy, flip, forge, lines
from tests.log.logs import event, everything, note, open_log, punch, punches

_STYLE = re.compile(r"\x1b\[(?:0|1|2)(?:;[0-9]+)*m")  # bold and dim: all that NO_COLOR leaves

Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Call `ketuk log …` as in a pipe: exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, bytes, str]:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main(["log", *map(str, arguments)])
        captured = capfdbinary.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, captured.out, captured.err.decode()

    return call


@pytest.fixture
def copy(quick_path: Path) -> Copy:
    """A closed log: punches 2 to 23 at the front door, one at the back, a note; 20 published, 10 confirmed."""
    data = quick_path / "data"
    log = open_log(data)
    for number in range(2, 22):
        log.append(punches(number))
    log.append([Draft("punch", "/kec-pampangan/pintu-belakang", {"method": "card"}, id="x", subject="card:04A1B2C3")])
    log.append([note("seen pin:1042 at the door")])
    log.published(20)
    log.ack(log.marks().logid, 10, entry_hash(log.read(9, 1)[0].raw), [])
    held = everything(log)
    log.close()
    return Copy(data, held)


def rows(output: bytes) -> list[int]:
    """The sequences of the entries on standard output."""
    return [int(json.loads(line)["sequence"]) for line in output.splitlines()]


def on_terminal(*arguments: object, columns: int = 120) -> tuple[int, str]:
    """Call it on a terminal: exit code and what was on the screen."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "log", *map(str, arguments)], stdout=slave, stderr=slave, env=environment
    ) as process:
        os.close(slave)
        screen = b""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            screen += chunk
        os.close(master)
    return process.returncode, _STYLE.sub("", screen.decode().replace("\r\n", "\n"))


class TestLs:
    def test_exact_bytes_in_a_pipe(self, run: Run, copy: Copy) -> None:
        code, out, err = run("ls", copy.data)
        assert code == 0
        assert out == b"".join(entry.raw + b"\n" for entry in copy.entries)
        assert err == ""

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (("--kind", "audit"), [1, 23]),
            (("--kind", "punch", "--last", "3"), [20, 21, 22]),
            (("--device", "pintu-belakang"), [22]),
            (("--device", "/kec-pampangan/pintu-belakang"), [22]),
            (("--device", "pintu"), []),
            (("--person", "1005"), [5]),
            (("--person", "pin:1005"), [5]),
            (("--person", "card:04A1B2C3"), [22]),
            (("--person", "100"), []),
            (("--from", "21"), [21, 22, 23]),
            (("--from", "20", "--to", "21"), [20, 21]),
            (("--to", "2"), [1, 2]),
            (("--last", "2"), [22, 23]),
            (("--last", "0", "--from", "22"), [22, 23]),
            (("--from", "20", "--last", "1", "--kind", "punch"), [22]),
            (("--kind", "punch", "--device", "pintu-depan", "--person", "1007"), [7]),
            (("--kind", "checkpoint"), []),
            (("--from", "2999-01-01"), []),
            (("--to", "2000-01-01T00:00:00+07:00"), []),
        ],
    )
    def test_filters(self, run: Run, copy: Copy, options: tuple[str, ...], expected: list[int]) -> None:
        code, out, _ = run("ls", copy.data, *options)
        assert code == 0
        assert rows(out) == expected

    def test_by_time(self, run: Run, quick_path: Path) -> None:
        log = open_log(quick_path)
        times = ["2026-03-02T07:00:00+07:00", "2026-03-02T07:30:00+07:00", "2026-03-02T08:00:00+07:00", "spoilt", None]
        for number, time in enumerate(times):
            log.append([Draft("punch", punch(1).source, {}, id=f"{number}", time=time)])
        log.close()
        assert rows(run("ls", quick_path, "--from", "2026-03-02T07:30")[1]) == [3, 4, 5]
        assert rows(run("ls", quick_path, "--from", "2026-03-02T00:30:00+00:00", "--kind", "punch")[1]) == [3, 4, 5]
        assert rows(run("ls", quick_path, "--from", "2026-03-02", "--to", "2026-03-02T07:00")[1]) == [2, 5]
        assert rows(run("ls", quick_path, "--to", "2026-02-01")[1]) == [1, 5, 6], "without a time: when recorded"

    def test_on_a_terminal(self, copy: Copy) -> None:
        code, screen = on_terminal("ls", copy.data)
        assert code == 0
        assert "pin:10**" in screen
        assert "pin:1005" not in screen
        assert "pin:1042" not in screen, "not in the details of audit entries either"
        assert "card:04******" in screen
        assert [word in screen for word in ("confirmed", "published", "waiting")] == [True] * 3
        unmasked = on_terminal("ls", copy.data, "--unmask")[1]
        assert "pin:1005" in unmasked
        assert "card:04A1B2C3" in unmasked

    def test_on_a_terminal_only_the_last(self, quick_path: Path) -> None:
        log = open_log(quick_path)
        log.append(punches(*range(2, 100)))
        log.close()
        screen = on_terminal("ls", quick_path)[1]
        assert sum("pin:10" in line or "pin:11" in line for line in screen.splitlines()) == 50
        assert "--last 0" in screen
        assert sum("pin:1" in line for line in on_terminal("ls", quick_path, "--last", "0")[1].splitlines()) == 98

    def test_nothing_can_be_done_to_a_terminal(self, quick_path: Path) -> None:
        log = open_log(quick_path)
        log.append([Draft("punch", "/a/\x1b[2Jdoor", {"method": "\x07\x9b1m"}, id="e", subject="pin:\x1b]0;x\x07")])
        log.append([note("\x1b[31m[red]bold[/red]")])
        log.close()
        for arguments in (("ls", quick_path, "--unmask"), ("show", 2, quick_path), ("show", 3, quick_path)):
            code, screen = on_terminal(*arguments)
            assert code == 0
            assert not any(bad in screen for bad in ("\x1b[2J", "\x1b[31m", "\x1b]0", "\x07", "\x9b"))
        assert "[red]" in on_terminal("show", 3, quick_path)[1]

    def test_a_folder_of_the_log_or_of_an_epoch(self, run: Run, copy: Copy, quick_path: Path) -> None:
        shutil.copytree(copy.folder, quick_path / "stick")
        whole = run("ls", copy.data)[1]
        for path in (copy.data / "log", copy.folder, quick_path / "stick"):
            assert run("ls", path)[1] == whole

    def test_several_logs(self, run: Run, copy: Copy) -> None:
        log = open_log(copy.data)
        log.ack(log.marks().logid, 999, "ab" * 32, [])
        new, old = log.marks().logid, event(copy.entries[0].raw)["logid"]
        log.close()
        out = run("ls", copy.data)[1]
        assert [json.loads(line)["logid"] for line in out.splitlines()] == [old] * 23 + [new] * 14
        assert rows(run("ls", copy.data, "--log", new, "--last", "1")[1]) == [14]
        assert len(rows(run("ls", copy.data, "--log", old.split(".")[1])[1])) == 23
        screen = on_terminal("ls", copy.data, "--last", "16")[1]
        assert new in screen
        assert old in screen
        code, _, err = run("ls", copy.data, "--log", "gw9.00000000")
        assert code == 2
        assert new in err

    def test_a_running_gateway(self, run: Run, quick_path: Path) -> None:
        log = open_log(quick_path)
        log.append(punches(2, 3))
        assert rows(run("ls", quick_path)[1]) == [1, 2, 3]
        log.append(punches(4))
        assert rows(run("ls", quick_path)[1]) == [1, 2, 3, 4]
        assert run("verify", quick_path)[0] == 0
        log.close()

    def test_whoever_reads_may_leave(self, quick_path: Path) -> None:
        log = open_log(quick_path)
        for start in range(0, 2000, 500):
            log.append(punches(*range(start, start + 500)))
        log.close()
        with subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "log", "ls", str(quick_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert json.loads(process.stdout.readline())["sequence"].endswith("1")
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0


class TestShow:
    def test_either_order(self, run: Run, copy: Copy) -> None:
        code, out, _ = run("show", 7, copy.data)
        assert code == 0
        assert run("show", copy.data, "7")[1] == out
        shown = json.loads(out)
        assert shown["bytes"].encode() == copy.entries[6].raw
        assert shown["hash"] == entry_hash(copy.entries[6].raw)
        assert shown["entry"] == event(copy.entries[6].raw)
        assert (shown["sequence"], shown["state"]) == (7, "confirmed")
        assert "DOES NOT" not in shown["chained"]

    def test_raw_is_the_exact_bytes(self, run: Run, copy: Copy) -> None:
        for entry in copy.entries:
            assert run("show", entry.sequence, copy.data, "--raw")[1] == entry.raw

    def test_an_altered_one(self, run: Run, copy: Copy) -> None:
        path = copy.segments()[1]
        forge(path, 1, b'"direction":"in"', b'"direction":"no"')
        shown = json.loads(run("show", int(path.stem) + 1, copy.data)[1])
        assert "DOES NOT FIT the next one" in shown["chained"]

    def test_on_a_terminal(self, copy: Copy) -> None:
        code, screen = on_terminal("show", 7, copy.data, columns=60)
        assert code == 0
        assert entry_hash(copy.entries[6].raw) in screen
        assert copy.entries[6].raw.decode() in screen, "on one line, as it is"

    def test_not_there(self, run: Run, copy: Copy) -> None:
        code, out, err = run("show", 99, copy.data)
        assert (code, out) == (1, b"")
        assert err.startswith("ketuk: 99: no such entry")
        assert err.count("\n") == 1

    def test_not_a_number(self, run: Run, copy: Copy) -> None:
        code, _, err = run("show", "seven", copy.data)
        assert code == 2
        assert "ketuk log show N DIR" in err


class TestVerify:
    def test_whole(self, run: Run, copy: Copy) -> None:
        code, out, err = run("verify", copy.data)
        assert (code, err) == (0, "")
        (report,) = [json.loads(line) for line in out.splitlines()]
        assert report["ok"]
        assert (report["entries"], report["published"], report["confirmed"]) == (23, 20, 10)

    def test_wrong(self, run: Run, copy: Copy) -> None:
        path = copy.segments()[1]
        flip(path, lines(path)[1].offset + 50)
        gone = int(path.stem) + 1
        code, out, _ = run("verify", copy.data, "--json")
        assert code == 1
        assert json.loads(out)["lost"] == [[gone, gone]]
        code, screen = on_terminal("verify", copy.data)
        assert code == 1
        assert f"missing: {gone}" in screen
        assert "something is wrong" in screen

    def test_on_a_terminal(self, copy: Copy) -> None:
        newest = copy.segments()[-1]
        newest.write_bytes(newest.read_bytes() + b"E 12")
        code, screen = on_terminal("verify", copy.data)
        assert code == 0
        assert "23 entries, 1 to 23" in screen
        assert "torn tail of 4 bytes" in screen
        assert "whole: 23 entries in 1 log" in screen


class TestEmpty:
    @pytest.fixture
    def empty(self, quick_path: Path) -> Path:
        (quick_path / "data" / "log").mkdir(parents=True)
        return quick_path / "data"

    def test_a_friendly_line(self, run: Run, empty: Path, quick_path: Path) -> None:
        assert run("ls", empty) == (0, b"", "")
        assert run("verify", empty) == (0, b"", "")
        for command in ("ls", "verify"):
            code, screen = on_terminal(command, empty)
            assert code == 0
            assert "the log is empty" in screen
        code, _, err = run("show", 1, empty)
        assert code == 1
        assert "the log is empty" in err
        code, out, _ = run("export", empty, quick_path)
        assert code == 0
        assert json.loads(out)["entries"] == 0

    def test_nothing_wanted(self, copy: Copy) -> None:
        assert "no entry" in on_terminal("ls", copy.data, "--person", "9")[1]


@pytest.mark.parametrize("command", ["ls", "verify", "show", "export"])
@pytest.mark.parametrize("what", ["missing", "file", "other"])
def test_a_wrong_folder(run: Run, quick_path: Path, command: str, what: str) -> None:
    path = quick_path / "x"
    if what == "file":
        path.write_text("x")
    elif what == "other":
        (path / "photos").mkdir(parents=True)
    options = {"show": ["1", path], "export": [path, quick_path]}.get(command, [path])
    code, out, err = run(command, *options)
    assert (code, out) == (2, b"")
    assert err.count("\n") == 1
    assert "expected a gateway's data folder" in err


@pytest.mark.parametrize("bound", ["yesterday", "-3", "1e3", "2026-13-01", "٣", ""])
def test_a_wrong_time(run: Run, copy: Copy, bound: str) -> None:
    code, _, err = run("ls", copy.data, "--from", bound)
    assert code == 2
    assert "neither a sequence nor a time" in err
