"""The data folder: one gateway at a time, on a medium that survives a power cut, and a line that says what is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import LogError, LogLocked
from gateway.log.disk import filesystem_of
from tests.log.logs import open_log, punches

_HOLD = """
import sys
from pathlib import Path
from tests.log.logs import open_log
log = open_log(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def one_line(error: pytest.ExceptionInfo[LogError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


class TestLock:
    def test_a_second_log_in_this_process(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        with pytest.raises(LogLocked) as caught:
            open_log(tmp_path)
        assert str(os.getpid()) in one_line(caught)
        assert str(tmp_path) in one_line(caught)
        log.close()
        open_log(tmp_path).close()

    def test_a_gateway_that_runs_and_one_that_was_killed(self, tmp_path: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            with pytest.raises(LogLocked) as caught:
                open_log(tmp_path)
            assert f"process {holder.pid}" in one_line(caught)
            holder.kill()
        open_log(tmp_path).close()

    def test_a_log_that_failed_to_open_lets_go(self, tmp_path: Path) -> None:
        (tmp_path / "log").write_text("not a folder")
        for _ in range(2):
            with pytest.raises(LogError) as caught:
                open_log(tmp_path)
            assert not isinstance(caught.value, LogLocked)
            one_line(caught)
        (tmp_path / "log").unlink()
        open_log(tmp_path).close()

    def test_after_close_nothing_is_written(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        log.append(punches(1, 2, 3))
        log.close()
        log.close()
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        with pytest.raises(LogError):
            log.append(punches(4))
        log.published(2)
        log.republish(0)
        log.keep_marks()
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


class TestFolder:
    def test_it_is_made_with_all_above_it_and_for_nobody_else(self, tmp_path: Path) -> None:
        data = tmp_path / "a" / "b" / "ketuk"
        log = open_log(data)
        log.append(punches(1))
        assert data.stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o077 == 0 for path in data.rglob("*"))

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("x")
        with pytest.raises(LogError) as caught:
            open_log(tmp_path / "data")
        assert str(tmp_path / "data") in one_line(caught)

    def test_nobody_may_write_there(self, tmp_path: Path) -> None:
        """As another user where we are root: root may write everywhere."""
        (tmp_path / "locked").mkdir(mode=0o500)
        script = (
            "import os, sys; from pathlib import Path; from tests.log.logs import open_log\n"
            "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
            "from gateway.errors import LogError\n"
            "try: open_log(Path(sys.argv[1]))\n"
            "except LogError as error: print(error)\n"
        )
        for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
            parent.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "locked")], capture_output=True, text=True, check=True
        )
        assert done.stdout.count("\n") == 1
        assert str(tmp_path / "locked") in done.stdout
        assert "Permission denied" in done.stdout


class TestVolatile:
    def test_memory_is_refused(self) -> None:
        shm = Path("/dev/shm")  # noqa: S108 - memory is what it is about
        if filesystem_of(shm) != "tmpfs":
            pytest.skip("this system has no tmpfs at /dev/shm")
        data = shm / f"ketuk-test-{os.getpid()}"
        try:
            with pytest.raises(LogError) as caught:
                open_log(data, allow_volatile=False)
            assert "tmpfs" in one_line(caught)
            assert "--allow-volatile" in one_line(caught)
            log = open_log(data, allow_volatile=True)
            log.append(punches(1))
            log.close()
        finally:
            subprocess.run(["rm", "-rf", str(data)], check=True)  # noqa: S607 - a plain tool

    def test_a_disk_is_not(self, tmp_path: Path) -> None:
        if filesystem_of(tmp_path) in ("tmpfs", "ramfs"):
            pytest.skip("the temporary folder of this system is in memory")
        open_log(tmp_path, allow_volatile=False).close()
