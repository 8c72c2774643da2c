"""The current fails at any moment: of what was not synced anything may be there or not. What was promised is there."""

import errno
import random
import shutil
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from gateway.entries import Draft
from tests.log.damage import Copy, flip, lines, make
from tests.log.disks import (
    ALL,
    NOTHING,
    Chance,
    FaultyRecorder,
    Killed,
    KillingRecorder,
    RecordingDisk,
    Replay,
    UnsyncedDisk,
    leave,
)
from tests.log.life import DRAFTS, Life, Promises, script
from tests.log.logs import check_log, everything, lost, open_log, punches, quick_folder


def live(disk: RecordingDisk, script: Callable[[Life], None]) -> None:
    """A life on a recording disk, with what was promised in it noted where it was."""

    def told(promises: Promises) -> None:
        kept = deepcopy(promises)
        disk.note(lambda replay: replay.facts.append(kept))

    script(Healing(disk.root, disk, told=told))


class Healing(Life):
    """On a disk that refuses, it refuses no more when it has done so three times."""

    def refused(self) -> None:
        super().refused()
        if self.refusals >= 3 and isinstance(self.disk, FaultyRecorder):
            self.disk.heal()


@pytest.fixture(scope="module")
def recording(quick_module_path: Path) -> RecordingDisk:
    """The scripted life, step by step."""
    disk = RecordingDisk(quick_module_path)
    live(disk, script)
    return disk


def by(pick: random.Random) -> Chance:
    """Chance by a random number generator."""
    return Chance(lambda: pick.random() < 0.5, lambda most: pick.randint(0, most))


def check(disk: RecordingDisk, steps: int, chance: Chance, drafts: list[Draft] = DRAFTS) -> None:
    """Cut after so many steps: it opens, holds what was promised, and goes on, also after another cut; `drafts` are
    what the life offered."""
    replay = Replay(disk, steps)
    promises = replay.facts[-1] if replay.facts else Promises()
    assert isinstance(promises, Promises)
    promises = deepcopy(promises)
    promises.offered = {str(draft.id) for draft in drafts}
    data = Path(tempfile.mkdtemp(dir=disk.root.parent))
    try:
        leave(replay, data, chance)
        again = RecordingDisk(data)
        log = open_log(data, again)
        promises.check(log, cut=True)
        log.close()
        data_again = data.with_name(data.name + "-again")
        leave(Replay(again, len(again.steps) // 2), data_again, chance)
        log = open_log(data_again, UnsyncedDisk())
        promises.check(log, cut=True)
        log.append(drafts)
        assert not log.append(drafts)
        check_log(log, gaps=lost(everything(log)))
        log.close()
    finally:
        shutil.rmtree(data)
        shutil.rmtree(data.with_name(data.name + "-again"), ignore_errors=True)


@pytest.mark.parametrize("chance", [ALL, NOTHING], ids=["everything survives", "nothing unsynced survives"])
def test_after_every_step(recording: RecordingDisk, chance: Chance) -> None:
    for steps in range(len(recording.steps) + 1):
        check(recording, steps, chance)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_in_any_combination(recording: RecordingDisk, data: st.DataObject) -> None:
    steps = data.draw(st.integers(0, len(recording.steps)))
    chance = Chance(lambda: data.draw(st.booleans()), lambda most: data.draw(st.integers(0, most)))
    check(recording, steps, chance)


@pytest.mark.soak
def test_in_thousands_of_combinations(recording: RecordingDisk) -> None:
    for seed in range(20):
        for steps in range(len(recording.steps) + 1):
            check(recording, steps, by(random.Random(f"{seed} {steps}")))


def test_a_disk_that_refuses_and_then_the_current_fails(quick_path: Path) -> None:
    """Every third operation is refused, once or for a while; the cut comes at any step from there on."""
    for at in range(1, count(quick_path / "counted") + 1, 3):
        refuse(quick_path / str(at), at, pick=random.Random(f"refused {at}"))


@pytest.mark.soak
def test_refusals_and_cuts_by_the_thousand(quick_path: Path) -> None:
    for at in range(1, count(quick_path / "counted") + 1):
        for seed in range(20):
            refuse(quick_path / f"{at}-{seed}", at, pick=random.Random(f"refused {at} {seed}"))


def count(folder: Path) -> int:
    """How many operations the scripted life takes."""
    folder.mkdir()
    disk = FaultyRecorder(folder, 0, errno.EIO, lasting=False)
    live(disk, script)
    return disk.count


def refuse(folder: Path, at: int, pick: random.Random) -> None:
    """The scripted life on a disk that refuses operation `at`, cut at a step that `pick` says.

    Not ENOSPC: where there is no room for the marks, what is delivered is deleted all the same, and a cut before the
    marks found room then looks like a loss.
    """
    folder.mkdir()
    code = pick.choice((errno.EIO, errno.EROFS))
    disk = FaultyRecorder(folder, at, code, lasting=pick.random() < 0.5)
    live(disk, script)
    assert disk.refused
    check(disk, pick.randint(min(at, len(disk.steps)), len(disk.steps)), by(pick))
    shutil.rmtree(folder)


@pytest.mark.parametrize("chance", ["nothing", pytest.param("any", marks=pytest.mark.soak)])
def test_killed_and_then_the_current_fails(quick_path: Path, chance: str) -> None:
    """What the next process finds in the kernel's memory alone must be on the medium before it counts on it."""
    at = 1
    while kill_and_cut(quick_path / str(at), at, NOTHING if chance == "nothing" else by(random.Random(f"killed {at}"))):
        at += 1
    assert at > 100


def kill_and_cut(folder: Path, at: int, chance: Chance) -> bool:
    """The scripted life killed before operation `at`, another on what it left, then a cut. Whether there was one."""
    folder.mkdir()
    disk = KillingRecorder(folder, at)
    promises = Promises()

    def told(now: Promises) -> None:
        kept = deepcopy(now)
        disk.note(lambda replay: replay.facts.append(kept))

    first = Life(folder, disk, told=told)
    first.promises = promises
    try:
        script(first)
    except Killed:
        pass
    else:
        return False
    first.die()
    second = Life(folder, disk, told=told)
    second.promises = promises
    second.open()
    second.append(*range(1, 9), *range(20, 25))
    second.die()
    check(disk, len(disk.steps), chance)
    shutil.rmtree(folder)
    return True


OPERATIONS = st.one_of(
    st.tuples(st.just("append"), st.lists(st.integers(1, 60), min_size=1, max_size=9)),
    st.tuples(st.sampled_from(["confirm", "publish"]), st.integers(1, 60)),
    st.tuples(st.sampled_from(["expire", "fork", "reopen", "cursor"]), st.none()),
)


def act(life: Life, operation: tuple[str, Any]) -> None:
    """One operation of a life."""
    name, value = operation
    if name == "append":
        life.append(*value)
    elif name == "reopen":
        life.close()
        life.open()
    elif name == "cursor":
        life.log.keep_cursor("pintu-depan", "row 7")
        life.log.keep_marks()
    elif value is None:
        getattr(life, name)()
    else:
        getattr(life, name)(min(value, life.log.marks().next - 1))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(operations=st.lists(OPERATIONS, min_size=3, max_size=25), data=st.data())
def test_in_any_life(operations: list[tuple[str, Any]], data: st.DataObject) -> None:
    any_life(operations, data)


@pytest.mark.soak
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(operations=st.lists(OPERATIONS, min_size=3, max_size=60), data=st.data())
def test_in_thousands_of_lives(operations: list[tuple[str, Any]], data: st.DataObject) -> None:
    any_life(operations, data)


def any_life(operations: list[tuple[str, Any]], data: st.DataObject) -> None:
    """Whatever it did, cut wherever: what was promised is there, and nothing false."""

    def lived(life: Life) -> None:
        life.open()
        for operation in operations:
            act(life, operation)
        life.close()

    folder = quick_folder()
    try:
        disk = RecordingDisk(folder)
        live(disk, lived)
        chance = Chance(lambda: data.draw(st.booleans()), lambda most: data.draw(st.integers(0, most)))
        check(disk, data.draw(st.integers(0, len(disk.steps))), chance, punches(*range(1, 61)))
    finally:
        shutil.rmtree(folder)


class TestInterruptedRepair:
    """A cut while a damaged log is being mended, at every step: the intact entries stay, the damage is still told."""

    @pytest.fixture
    def damaged(self, quick_path: Path) -> tuple[Copy, set[int]]:
        copy = make(quick_path / "damaged", entries=30)
        for path in (copy.segments()[1], copy.segments()[-1]):
            flip(path, lines(path)[1].offset + 50)
        torn = copy.segments()[-1]
        torn.write_bytes(torn.read_bytes()[:-20])
        path = copy.segments()[1]
        path.with_suffix(".idx").unlink()
        return copy, {int(path.stem) + 1, int(torn.stem) + 1}

    @pytest.mark.parametrize("seed", ["all", "nothing", *range(3)])
    def test_at_every_step(self, damaged: tuple[Copy, set[int]], quick_path: Path, seed: str | int) -> None:
        copy, gone = damaged
        disk = RecordingDisk(copy.data)
        log = open_log(copy.data, disk)
        everything(log)
        log.close()
        kept = {e.sequence: e.raw for e in copy.entries[:-1] if e.sequence not in gone}
        for steps in range(len(disk.steps) + 1):
            chance = {"all": ALL, "nothing": NOTHING}.get(str(seed)) or by(random.Random(f"{seed} {steps}"))
            data = quick_path / str(steps)
            leave(Replay(disk, steps), data, chance)
            log = open_log(data, UnsyncedDisk())
            held = {e.sequence: e.raw for e in everything(log)}
            assert {sequence: held.get(sequence) for sequence in kept} == kept
            assert lost(everything(log)) == gone
            log.append(punches(900))
            check_log(log, gaps=gone)
            log.close()
