"""The terminal as a program: a ready line, then one JSON line for each line on standard input."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from simulators.zkteco import TerminalServer
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient, wall

PROGRAM = [sys.executable, "-m", "gateway.cli", "sim", "terminal"]


class Program:
    """`ketuk sim terminal` on a free port."""

    def __init__(self, *options: str, stdin: int | IO[str] = subprocess.PIPE) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "--port", "0", *options], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.ready = self.line()

    def line(self) -> dict[str, object]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self, command: str) -> dict[str, object]:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.line()

    def end(self) -> tuple[int, str]:
        """Exit code and standard error, once it has ended."""
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture
def program() -> Iterator[Program]:
    made = Program("--serial", "OKI9", "--comm-key", "0", "--users", "4", "--records", "6")
    yield made
    made.process.kill()
    made.process.communicate()


def test_the_first_line_says_where_it_is(program: Program) -> None:
    port = program.ready["port"]
    assert program.ready == {
        "ok": True, "ready": True, "host": "127.0.0.1", "port": port, "serial": "OKI9", "profile": "tft-tcp"
    }  # fmt: skip
    assert isinstance(port, int)
    with RawClient("127.0.0.1", port) as client:
        client.connect()
        assert client.ask(raw.OPTIONS_RRQ, b"~SerialNumber\0").data == b"~SerialNumber=OKI9\0"


def test_each_line_is_answered_by_one(program: Program) -> None:
    punched = program.ask("punch 1003 out card")
    assert (punched["ok"], punched["records"]) == (True, 7)
    assert punched["punch"]["user"] == "1003"
    assert (punched["punch"]["direction"], punched["punch"]["method"]) == ("out", "card")
    assert program.ask("clock +3600")["offset"] == pytest.approx(3600, abs=0.1)
    assert program.ask("records 1")["records"] == [punched["punch"]]
    assert "there is no command 'ponch'" in program.ask("ponch 1")["error"]
    assert program.ask("status")["records"] == 7
    assert program.ask("quit") == {"ok": True, "quit": True}
    assert program.end() == (0, "")


def test_the_end_of_a_pipe_ends_it(program: Program) -> None:
    program.process.stdin.write("punch 1001")
    output, errors = program.process.communicate(timeout=20)
    assert json.loads(output)["punch"]["user"] == "1001"
    assert (program.process.returncode, errors) == (0, "")


def test_without_exit_on_eof_only_a_signal_ends_it() -> None:
    program = Program("--no-exit-on-eof")
    program.process.stdin.close()
    program.process.stdin = None
    with RawClient("127.0.0.1", program.ready["port"]) as client:
        client.connect()
        program.process.send_signal(signal.SIGTERM)
        assert program.end() == (0, "")
        assert client.closed()


def test_dev_null_does_not_end_it() -> None:
    program = Program(stdin=subprocess.DEVNULL)
    with RawClient("127.0.0.1", program.ready["port"]) as client:
        client.connect()
        assert client.ask(raw.GET_TIME).command == raw.ACK_OK
    program.process.send_signal(signal.SIGINT)
    assert program.end() == (0, "")


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["--profile", "tft"], 2, "ketuk: there is no profile 'tft': known are "),
        (["--comm-key", "1000000"], 2, "999999"),
        (["--set", "event_length=0"], 2, "ketuk: event_length must be 1 to 1000"),
        (["--set", "colour=blue"], 2, "ketuk: colour must be one of tcp, udp,"),
        (["--transport", "serial"], 2, "ketuk: --transport must be tcp, udp or both, not 'serial'"),
        (["--spread", "towns"], 2, "ketuk: --spread must be one of ports, addresses, not 'towns'"),
        (["--spread", "addresses", "--host", "here"], 2, "ketuk: "),
        (["--host", "203.0.113.9"], 1, "ketuk: cannot listen on 203.0.113.9:0: "),
    ],
)
def test_a_wrong_call_is_one_clear_line(options: list[str], code: int, line: str) -> None:
    done = subprocess.run(
        [*PROGRAM, "--port", "0", *options],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == code
    assert line in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer(users=2, records=4, now=lambda: wall("2026-05-04T12:00:00")) as server:
        yield server


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("", "empty line"),
        ("punch", "usage: punch USER [DIRECTION] [METHOD] [TIME]"),
        ("punch 1 sideways", "'sideways' is not a direction: one of in, out,"),
        ("punch 1 in nose", "'nose' is not a method: one of password, finger,"),
        ("punch 1 256", "'256' is not a direction"),
        ("punch 1 in finger yesterday", "cannot do"),
        ("punch 1 in finger 2026-13-01T00:00:00", "is no time that a terminal can write"),
        ("punch 1 in finger 1999-01-01T00:00:00", "is no time that a terminal can write"),
        ('punch "1', "cannot do"),
        ("clock sideways", "usage: clock"),
        ("clock set tomorrow", "cannot do"),
        ("clock +x", "cannot do"),
        ("drop everything", "usage: drop [in-transfer]"),
        ("split", "usage: split BYTES|off"),
        ("split -1", "usage: split"),
        ("coalesce many", "usage: coalesce FRAMES|off"),
        ("stall", "usage: stall SECONDS"),
        ("stall 99999", "seconds must be 0 to 3600"),
        ("stall nan", "seconds must be 0 to 3600"),
        ("full moon", "usage: full ring [BLOCK]|refuse|hang"),
        ("restart -1", "seconds must be 0 to 3600"),
        ("power maybe", "usage: power on|off"),
    ],
)
def test_a_wrong_line_is_answered_by_a_hint(terminal: TerminalServer, command: str, hint: str) -> None:
    before = terminal.records()
    answer = terminal.command(command)
    assert answer["ok"] is False
    assert hint in answer["error"]
    assert "\n" not in answer["error"]
    assert terminal.records() == before


def test_the_clock_is_moved_in_all_ways(terminal: TerminalServer) -> None:
    assert terminal.command("clock") == {"ok": True, "clock": "2026-05-04T12:00:00", "offset": 0, "drift_ppm": 0}
    assert terminal.command("clock -90")["clock"] == "2026-05-04T11:58:30"
    assert terminal.command("clock set 2026-05-01T07:00:00")["clock"] == "2026-05-01T07:00:00"
    assert terminal.command("clock drift -50")["drift_ppm"] == -50
    assert terminal.command("clock reset")["clock"] == "2000-01-01T00:00:00"


def test_a_punch_at_a_day_that_does_not_exist(terminal: TerminalServer) -> None:
    terminal.command("punch 1001 in finger 2026-02-31T08:00:00")
    assert terminal.command("records 1")["records"][0]["time"] == "2026-02-31T08:00:00"


def test_codes_may_be_given_as_numbers(terminal: TerminalServer) -> None:
    terminal.command("punch 1001 255 7")
    assert (terminal.records()[-1].state, terminal.records()[-1].verify) == (255, 7)


def test_help_names_every_command(terminal: TerminalServer) -> None:
    commands = terminal.command("help")["commands"]
    assert {usage.split()[0] for usage in commands} >= {"punch", "clock", "drop", "split", "coalesce", "stall", "full"}


def test_same_seed_same_past() -> None:
    noon = wall("2026-05-04T12:00:00")
    makers = [TerminalServer(users=5, records=50, seed=seed, now=lambda: noon) for seed in (1, 1, 2)]
    pasts = [(one.users(), one.records()) for one in makers]
    assert pasts[0] == pasts[1] != pasts[2]


@pytest.mark.parametrize(("users", "records"), [(0, 25), (1, 20_000), (300, 7)])
def test_the_past_is_plausible(users: int, records: int) -> None:
    noon = wall("2026-05-04T12:00:00")
    punches = TerminalServer(users=users, records=records, now=lambda: noon).records()
    stamps = [punch.stamp for punch in punches]
    assert len(punches) == records
    assert stamps == sorted(stamps)
    assert len({(punch.user_id, punch.stamp) for punch in punches}) == records
    assert stamps[0] > (26 - 6) * 372 * 86400
    assert stamps[-1] < ((26 * 12 + 4) * 31 + 3) * 86400


def test_many_terminals_are_told_apart() -> None:
    program = Program("--count", "3", "--serial", "OKI08", "--users", "1")
    terminals = program.ready["terminals"]
    assert [one["serial"] for one in terminals] == ["OKI08", "OKI09", "OKI10"]
    assert program.ask("@3 punch 1001")["records"] == 1
    assert program.ask("status")["records"] == 0
    assert program.ask("@3 status")["port"] == terminals[2]["port"]
    assert program.ask("@all clock set 2026-01-01T00:00:00") == {"ok": True, "terminals": 3}
    assert program.ask("@2 clock")["clock"][:16] == "2026-01-01T00:00"
    assert program.ask("@all ponch")["ok"] is False
    assert "@1 to @3" in program.ask("@4 status")["error"]
    assert "@1 to @3" in program.ask("@x status")["error"]
    assert program.ask("quit")["ok"]
    assert program.end() == (0, "")


def test_the_command_line_changes_the_profile() -> None:
    program = Program("--profile", "zem-udp", "--transport", "both", "--set", "event_length=14")
    shown = program.ask("profile")
    assert (shown["tcp"], shown["udp"], shown["event_length"]) == (True, True, 14)
    with RawClient("127.0.0.1", program.ready["port"]) as client:
        assert client.connect().command == raw.ACK_OK
    program.ask("quit")
    assert program.end() == (0, "")


def test_all_commands_of_help_exist_and_say_how_they_are_used(terminal: TerminalServer) -> None:
    verbs = [usage.split()[0] for usage in terminal.command("help")["commands"]]
    answers = {verb: terminal.command(f"{verb} so is no command ever written") for verb in verbs}
    assert {verb for verb, answer in answers.items() if answer["ok"]} == {"enrol", "firmware"}
    hints = [str(answer["error"]) for answer in answers.values() if not answer["ok"]]
    assert all("usage: " in hint or " must be " in hint for hint in hints), hints
