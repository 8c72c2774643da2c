"""A file system that is really full: said in one line, nothing lost, and recovery without a restart."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway.errors import LogLocked, LogUnwritable
from gateway.log.log import Log
from tests.log.logs import check_log, everything, facts, note, open_log, punch, punches


@pytest.fixture(params=["tmpfs", pytest.param("ext4", marks=pytest.mark.soak)])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    mount = tmp_path / "small"
    mount.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    if request.param == "tmpfs":
        run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount))
    else:
        image = tmp_path / "image"
        image.write_bytes(bytes(5_000_000))
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "1024", "-J", "size=1", str(image))
        run("mount", "-o", "loop", str(image), str(mount))
    yield mount
    run("umount", "--lazy", str(mount))


def run(*command: str) -> None:
    """A command of the system's own; where it is not allowed or not there, the test is skipped."""
    program = shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        pytest.skip(f"needs {command[0]}")
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")


def fill_up(log: Log, start: int) -> int:
    """Append until the disk refuses; the first number that was refused."""
    for number in range(start, start + 100_000):
        try:
            log.append([punch(number)])
        except LogUnwritable as error:
            told = str(error)
            break
    assert "No space left" in told
    assert "\n" not in told
    return number


def test_full_and_free_again(small: Path) -> None:
    data = small / "data"
    log = open_log(data, segment_bytes=200_000)
    ballast = small / "ballast"
    ballast.write_bytes(bytes(1_500_000))
    refused = fill_up(log, 2)
    entries = check_log(log)
    assert facts(entries) == [f"fact-{n}" for n in range(2, refused)]
    for _ in range(20):
        with pytest.raises(LogUnwritable):
            log.append(punches(refused, refused + 1, refused + 2))
    assert everything(log) == entries
    log.published(refused - 1)
    log.keep_cursor("pintu-depan", "x")
    log.keep_marks()
    ballast.unlink()
    assert len(log.append(punches(refused, refused + 1, refused + 2))) == 3
    log.keep_marks()
    assert facts(check_log(log)) == [f"fact-{n}" for n in range(2, refused + 3)]
    log.close()
    log = open_log(data, segment_bytes=200_000)
    assert facts(check_log(log)) == [f"fact-{n}" for n in range(2, refused + 3)]
    assert log.marks().published == refused - 1
    log.close()


def test_it_opens_on_a_full_disk_and_delivers(small: Path) -> None:
    data = small / "data"
    log = open_log(data, segment_bytes=200_000)
    refused = fill_up(log, 2)
    log.close()
    log = open_log(data, segment_bytes=200_000)
    entries = check_log(log)
    assert facts(entries) == [f"fact-{n}" for n in range(2, refused)]
    assert log.unpublished(10) == entries[:10]
    end = log.marks().next - 1
    log.ack(log.marks().logid, end, entry_hash(entries[-1].raw), [])
    assert log.expire("2999-01-01T00:00:00+00:00") > 3, "what is delivered makes room"
    assert log.append([note("there is room again")])
    assert facts(log.append(punches(2, refused))) == [f"fact-{refused}"]
    log.close()


def test_the_lock_works_where_nothing_can_be_written(small: Path) -> None:
    """Not even the process number, which is only there for a message."""
    data = small / "data"
    log = open_log(data)
    log.append(punches(2, 3))
    log.close()
    (data / "lock").unlink()
    (data / "lock").touch()
    with (small / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space left"):
        ballast.writelines(itertools.repeat(bytes(4096)))
    log = open_log(data)
    assert facts(check_log(log)) == ["fact-2", "fact-3"]
    with pytest.raises(LogLocked):
        open_log(data)
    log.close()


def test_a_new_epoch_that_does_not_fit(small: Path) -> None:
    """The old one goes on: what it holds can be delivered, and there is no rest of the attempt."""
    log = open_log(small / "data", segment_bytes=200_000)
    (small / "ballast").write_bytes(bytes(1_800_000))
    fill_up(log, 2)
    logid = log.marks().logid
    with pytest.raises(LogUnwritable):
        log.ack(logid, 10**6, "ab" * 32, [])
    assert log.marks().logid == logid
    assert not list((small / "data/log").glob("*.new"))
    (small / "ballast").unlink()
    held = facts(everything(log))
    assert log.ack(logid, 10**6, "ab" * 32, []).forked
    assert facts(check_log(log)) == held
    log.close()
