"""`ketuk demo` as a program: its figures, its picture, its end by every hand; and that it leaves nothing behind."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.chain import GENESIS, entry_hash
from simulators.demo.logfolder import LogFolder
from tests.schemas import check_entry

DEADLINE = 60.0
SHORT = ("--seconds", "8", "--punches", "30")


class Demo:
    """One running demo, and every process that descends from it: they all carry a mark in their environment."""

    def __init__(self, *arguments: str | Path, **how: object) -> None:
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(  # type: ignore[call-overload]
            [sys.executable, "-m", "gateway.cli", "demo", *arguments],
            env={**os.environ, "KETUK_TEST_MARK": self._mark},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how},
        )

    def members(self) -> dict[int, str]:
        """Process id and command line of everything that carries the mark and lives."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                marked = self._mark.encode() in (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if marked and command:
                found[int(folder.name)] = command
        return found

    def gateway(self) -> int | None:
        return next((pid for pid, command in self.members().items() if "gateway.cli run" in command), None)

    def wait_for_line(self, part: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if part in line:
                return
        raise AssertionError(f"it ended without {part!r}")

    def wait_until_gone(self) -> None:
        wait_until(lambda: not self.members(), lambda: f"still there: {self.members()}")

    def end(self) -> tuple[int, str, str]:
        out, notes = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, out, notes

    def kill_all(self) -> None:
        for pid in self.members():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(DEADLINE)


def wait_until(condition: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)


@pytest.fixture
def start() -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def begin(*arguments: str | Path, **how: object) -> Demo:
        started.append(Demo(*arguments, **how))
        return started[-1]

    yield begin
    for demo in started:
        demo.kill_all()


def test_one_round_loses_nothing_and_says_so_in_one_object(start: Callable[..., Demo], tmp_path: Path) -> None:
    folder, svg = tmp_path / "kept", tmp_path / "demo.svg"
    demo = start("--once", "--json", *SHORT, "--keep", folder, "--record", svg)
    code, out, notes = demo.end()
    assert code == 0, notes
    result = json.loads(out)
    assert out.count("\n") == 1
    seconds, cut, peak = result.pop("seconds"), result.pop("cut_seconds"), result.pop("backlog_peak")
    assert result.pop("redelivered") >= 0
    assert result == {
        **dict.fromkeys(("punched", "recorded", "delivered", "confirmed"), 30),
        "lost": 0,
        "duplicated": 0,
        "ok": True,
    }
    assert 0 < cut < seconds
    assert 3 <= peak <= 30
    for told in (
        "The line is cut.",
        "The line is back",
        "All of them are confirmed",
        "pintu-belakang is back",
        "exactly",
    ):
        assert told in notes
    assert "All&#160;of&#160;them&#160;are&#160;confirmed" in svg.read_text()
    demo.wait_until_gone()
    # The line was really cut, and the terminal really away.
    gateway = (folder / "gateway.log").read_text()
    assert "Connection reset by peer" in gateway
    assert "the connection broke" in gateway
    check_log(folder / "data")


def check_log(data: Path) -> None:
    """What it left on disk is a whole chain of the contract's entries; the reader kept its own."""
    log = LogFolder(data)
    log.read()
    assert 10 < log.punches < 30
    assert (data.parent / "reader" / ".chip" / "flash").stat().st_size > 0
    before = GENESIS
    for path in sorted(data.glob("log/*/*.log")):
        for line in path.read_bytes().split(b"\n"):
            if line.startswith(b"E "):
                raw = line.split(b" ", 3)[3]
                event = check_entry(raw, f"ketuk/v1/kec-pampangan/gw1/log/{json.loads(raw)['type'].split('.')[1]}")
                assert event["prevhash"] == before
                before = entry_hash(raw)


def test_when_it_is_killed_nothing_stays_behind(start: Callable[..., Demo]) -> None:
    demo = start(*SHORT)
    demo.wait_for_line("Two terminals, an ESP32 card reader")
    assert demo.gateway() is not None
    assert len(demo.members()) >= 3
    demo.process.kill()
    demo.wait_until_gone()


def test_when_the_gateway_dies_its_last_lines_are_shown(start: Callable[..., Demo]) -> None:
    demo = start("--json", *SHORT, "--once")
    wait_until(lambda: demo.gateway() is not None, lambda: "no gateway")
    reader = threading.Thread(target=_kill_once_recorded, args=(demo,), daemon=True)
    reader.start()
    code, out, notes = demo.end()
    reader.join(DEADLINE)
    assert code == 1
    assert json.loads(out)["ok"] is False
    assert "the gateway ended by itself (exit code -9); its last lines:" in notes
    assert "recorded, the last pin:" in notes
    assert "Traceback" not in notes
    demo.wait_until_gone()


def _kill_once_recorded(demo: Demo) -> None:
    """The demo is under way once the gateway has written that it recorded something."""
    gateway = demo.gateway()
    assert gateway is not None
    output = Path(f"/proc/{gateway}/fd/2")
    wait_until(lambda: "recorded, the last" in output.read_text(), output.read_text)
    os.kill(gateway, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_lets_everything_arrive_first(start: Callable[..., Demo], how: signal.Signals) -> None:
    demo = start("--seconds", "6", "--punches", "30")
    demo.wait_for_line("The line is cut.")
    demo.process.send_signal(how)
    code, out, notes = demo.end()
    assert (code, notes) == (0, "")
    assert "Stopping once all is confirmed." in out
    assert "punches are at the centre, each exactly once." in out
    demo.wait_until_gone()


def test_on_a_terminal_ctrl_c_ends_a_live_screen_in_good_order(start: Callable[..., Demo]) -> None:
    mine, theirs = pty.openpty()
    demo = start(*SHORT, stdin=theirs, stdout=theirs, stderr=theirs, text=False, process_group=0)
    os.close(theirs)
    seen = bytearray()
    reader = threading.Thread(target=_read_pty, args=(mine, seen), daemon=True)
    reader.start()
    wait_until(lambda: b"CUT" in seen, lambda: seen.decode(errors="replace"))
    # As the terminal does it: to the whole group in the foreground, the children that stayed in it included.
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.process.wait(DEADLINE) == 0
    reader.join(DEADLINE)
    os.close(mine)
    text = seen.decode(errors="replace")
    assert "each exactly once." in text
    assert "masing-masing tepat satu kali." in text
    assert "Traceback" not in text
    demo.wait_until_gone()


def _read_pty(handle: int, seen: bytearray) -> None:
    while True:
        try:
            seen += os.read(handle, 65536)
        except OSError:
            return


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "demo", "--once", "--keep", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"ketuk: --keep: {tmp_path} is not empty: name a new folder\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
