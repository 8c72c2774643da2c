"""Many terminals in one process."""

import struct
import subprocess
import sys

import pytest

from simulators.zkteco import TerminalServer
from simulators.zkteco.fleet import TerminalFleet, places, serials
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient

MANY = 500


def test_where_they_stand() -> None:
    assert places(3, "127.0.0.1", 0, "ports") == [("127.0.0.1", 0)] * 3
    assert places(3, "127.0.0.1", 5000, "ports") == [("127.0.0.1", 5000), ("127.0.0.1", 5001), ("127.0.0.1", 5002)]
    assert places(300, "127.1.0.250", 4370, "addresses")[299] == ("127.1.2.37", 4370)


@pytest.mark.parametrize(
    ("first", "all_of_them"),
    [
        ("OKI009", ["OKI009", "OKI010", "OKI011"]),
        ("pintu", ["pintu1", "pintu2", "pintu3"]),
        ("99", ["99", "100", "101"]),
    ],
)
def test_what_they_are_called(first: str, all_of_them: list[str]) -> None:
    assert serials(3, first) == all_of_them
    assert serials(1, first) == [first]


def test_five_hundred_terminals_each_with_a_client() -> None:
    with TerminalFleet(MANY, users=2, records=3, pause=0) as fleet:
        clients = [RawClient(terminal.host, terminal.port) for terminal in fleet]
        for client in clients:
            client.connect()
            client.subscribe()
        for terminal in fleet:
            terminal.punch("1001")
        seen = {client.receive().data[:4] for client in clients}
        assert seen == {b"1001"}
        counts = {struct.unpack_from("<i", client.ask(raw.GET_FREE_SIZES).data, 32)[0] for client in clients}
        assert counts == {4}
        assert len({terminal.port for terminal in fleet}) == len({terminal.serial for terminal in fleet}) == MANY
        for client in clients:
            client.socket.close()


@pytest.mark.parametrize(("hard", "code", "says"), [(4096, 0, ""), (500, 1, "100 terminals need 900 open files")])
def test_the_limit_on_open_files_is_raised_as_far_as_it_goes(hard: int, code: int, says: str) -> None:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (200, {hard}))\n"
        "from simulators.zkteco.fleet import TerminalFleet\n"
        "with TerminalFleet(100, users=1) as fleet: fleet[99].punch('1001')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert says in done.stderr


def test_one_address_each() -> None:
    with TerminalServer() as sample:
        port = sample.port
    with TerminalFleet(20, host="127.77.0.1", port=port, spread="addresses", users=1) as fleet:
        for place, terminal in enumerate(fleet):
            with RawClient(f"127.77.0.{place + 1}", port) as client:
                client.connect()
                answer = client.ask(raw.OPTIONS_RRQ, b"~SerialNumber\0")
                assert answer.data == f"~SerialNumber={terminal.serial}\0".encode()


def test_each_has_people_and_a_past_of_its_own() -> None:
    with TerminalFleet(2, users=5, records=20) as fleet:
        assert fleet[0].records() != fleet[1].records()
