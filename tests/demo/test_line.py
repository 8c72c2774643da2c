"""The line of the demo and of other tests: what it lets through, what it holds back, how it ends."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from simulators.line import Line

DEADLINE = 10.0


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


@pytest.fixture
def echo() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(DEADLINE)


@pytest.fixture
def line(echo: int) -> Iterator[Line]:
    with Line("127.0.0.1", echo) as made:
        yield made


def connect(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=DEADLINE)


def read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            break
        data += more
    return data


def wait_until(condition: object, deadline: float = DEADLINE) -> None:
    assert callable(condition)
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.01)


def test_moves_bytes_both_ways_and_counts_them(line: Line) -> None:
    payload = bytes(range(256)) * 4096
    with connect(line) as sock:
        threading.Thread(target=sock.sendall, args=(payload,), daemon=True).start()
        assert read(sock, len(payload)) == payload
    wait_until(lambda: line.open == 0)
    assert line.counters.accepted == 1
    assert line.counters.up == line.counters.down == len(payload)
    assert line.state == "up"


def test_passes_the_end_of_a_stream_on(line: Line) -> None:
    with connect(line) as sock:
        sock.sendall(b"last words")
        sock.shutdown(socket.SHUT_WR)
        assert read(sock, 100) == b"last words"
        assert sock.recv(1) == b""


def test_cut_resets_what_is_open_and_refuses_what_is_new(line: Line) -> None:
    with connect(line) as sock:
        sock.sendall(b"x")
        assert read(sock, 1) == b"x"
        line.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(line)
    assert (line.state, line.open, line.counters.cut) == ("cut", 0, 1)


def test_restore_listens_on_the_same_port(line: Line) -> None:
    port = line.port
    line.cut()
    line.cut()
    line.restore()
    assert line.port == port
    with connect(line) as sock:
        sock.sendall(b"back")
        assert read(sock, 4) == b"back"


def test_nobody_else_gets_the_port_while_the_line_is_cut(line: Line) -> None:
    line.cut()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", line.port))


def test_stall_holds_bytes_and_restore_delivers_them(line: Line) -> None:
    with connect(line) as old:
        old.sendall(b"1")
        assert read(old, 1) == b"1"
        line.stall()
        before = line.counters
        with connect(line) as new:
            old.sendall(b"2")
            new.sendall(b"3")
            for sock in (old, new):
                sock.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    sock.recv(1)
                sock.settimeout(DEADLINE)
            assert (line.counters.up, line.counters.down, line.open) == (before.up, before.down, 2)
            line.restore()
            assert (read(old, 1), read(new, 1)) == (b"2", b"3")


def test_a_stalled_line_hides_that_an_end_has_gone(line: Line) -> None:
    with connect(line) as sock:
        sock.sendall(b"1")
        assert read(sock, 1) == b"1"
        line.stall()
        sock.sendall(b"2")
    assert line.open == 1
    line.restore()
    wait_until(lambda: line.open == 0)
    assert line.counters.up == 2


def test_a_stalled_line_can_be_cut(line: Line) -> None:
    line.stall()
    with connect(line) as sock:
        wait_until(lambda: line.open == 1)
        line.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    line.stall()
    with connect(line):
        assert line.state == "stalled"


@pytest.mark.parametrize("count", [1, 1000, 70000])
def test_cut_after_lets_exactly_so_many_bytes_through(count: int) -> None:
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server, Line(*server.getsockname()) as line:
        server.settimeout(DEADLINE)
        line.cut_after(count)
        with connect(line) as sock:
            target, _ = server.accept()
            sender = threading.Thread(target=_send_quietly, args=(sock, b"a" * 100_000), daemon=True)
            sender.start()
            target.settimeout(DEADLINE)
            with contextlib.suppress(ConnectionResetError):
                while data := target.recv(65536):
                    received += data
            sender.join(DEADLINE)
            target.close()
        wait_until(lambda: line.state == "cut")
        assert line.counters.up == len(received) == count


def _send_quietly(sock: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        sock.sendall(data)


def test_cut_after_may_count_what_comes_back(line: Line) -> None:
    line.cut_after(3, "down")
    with connect(line) as sock:
        sock.sendall(b"abcdef")
        with contextlib.suppress(ConnectionResetError):
            assert read(sock, 6) == b"abc"
    wait_until(lambda: line.state == "cut")
    assert (line.counters.up, line.counters.down) == (6, 3)


def test_restore_forgets_a_planned_cut(line: Line) -> None:
    line.cut_after(2)
    line.restore()
    with connect(line) as sock:
        sock.sendall(b"abcdef")
        assert read(sock, 6) == b"abcdef"


def test_delay_keeps_the_order_and_holds_each_chunk(line: Line) -> None:
    line.delay(0.2)
    with connect(line) as sock:
        started = time.monotonic()
        for word in (b"one ", b"two ", b"three"):
            sock.sendall(word)
        assert read(sock, 13) == b"one two three"
    # Not a timing assert: nothing may arrive before both ways have taken their delay.
    assert time.monotonic() - started >= 0.4


def test_a_target_that_is_not_there_resets_the_client() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with Line("127.0.0.1", reserved.getsockname()[1]) as line:
            # The reset may be there before connecting is over.
            with pytest.raises(ConnectionResetError), connect(line) as sock:
                sock.recv(1)
            assert line.counters.unreachable == 1


def test_a_reset_of_one_end_reaches_the_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Line(*server.getsockname()) as line, connect(line) as sock:
        server.settimeout(DEADLINE)
        target, _ = server.accept()
        target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        target.close()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
        wait_until(lambda: line.open == 0)


def test_close_ends_everything_and_may_come_twice(echo: int) -> None:
    line = Line("127.0.0.1", echo)
    sock = connect(line)
    line.close()
    line.close()
    with pytest.raises(ConnectionResetError):
        sock.recv(1)
    sock.close()
    with pytest.raises(ConnectionRefusedError):
        connect(line)


@pytest.mark.parametrize(("method", "argument"), [("cut_after", 0), ("delay", -1.0)])
def test_nonsense_is_refused(line: Line, method: str, argument: float) -> None:
    with pytest.raises(ValueError, match=method):
        getattr(line, method)(argument)
