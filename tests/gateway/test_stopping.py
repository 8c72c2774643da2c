"""Signals, in processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

_PROGRAM = """
import sys, threading, time
from gateway.stopping import stop_on_signals
stop = stop_on_signals(float(sys.argv[1]))
print("ready", flush=True)
if sys.argv[2] == "clean":
    while not stop.wait(0.001): pass
    print("stopped", flush=True)
elif sys.argv[2] == "busy":
    while True: sum(range(1000))
else:
    threading.Thread(target=time.sleep, args=(60,)).start()  # no daemon: the interpreter waits for it
    stop.wait()
    print("stopped", flush=True)
"""


def _start(patience: float, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _PROGRAM, str(patience), how]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_event(processes: list[subprocess.Popen[str]], number: int) -> None:
    process = _start(30, "clean")
    processes.append(process)
    process.send_signal(number)
    assert process.communicate(timeout=20) == ("stopped\n", "")
    assert process.returncode == 0


@pytest.mark.parametrize("how", ["busy", "thread"])
def test_whatever_hangs_it_ends_when_its_time_is_over(processes: list[subprocess.Popen[str]], how: str) -> None:
    process = _start(0.3, how)
    processes.append(process)
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "it does not stop: leaving at once" in errors


def test_a_second_signal_ends_it_at_once(processes: list[subprocess.Popen[str]]) -> None:
    process = _start(600, "busy")
    processes.append(process)
    process.terminate()
    while process.poll() is None:  # the first may still be on its way when the second is sent: they are one then
        process.send_signal(signal.SIGINT)
        os.sched_yield()
    assert process.returncode == 1
