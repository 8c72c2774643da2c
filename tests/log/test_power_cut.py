"""The current fails at any moment: of what was not synced anything may be there or not. What was promised is there."""

import random
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from tests.log.damage import Copy, flip, lines, make
from tests.log.disks import ALL, NOTHING, Chance, RecordingDisk, Replay, UnsyncedDisk, leave
from tests.log.life import DRAFTS, Life, Promises, script
from tests.log.logs import check_log, everything, lost, open_log, punches


@pytest.fixture(scope="module")
def recording(quick_module_path: Path) -> RecordingDisk:
    """The scripted life, step by step."""
    disk = RecordingDisk(quick_module_path)

    def told(promises: Promises) -> None:
        kept = deepcopy(promises)
        disk.note(lambda replay: replay.facts.append(kept))

    script(Life(quick_module_path, disk, told=told))
    return disk


def by(pick: random.Random) -> Chance:
    """Chance by a random number generator."""
    return Chance(lambda: pick.random() < 0.5, lambda most: pick.randint(0, most))


def check(disk: RecordingDisk, steps: int, chance: Chance) -> None:
    """Cut after so many steps: it opens, holds what was promised, and goes on, also after another cut."""
    replay = Replay(disk, steps)
    promises = replay.facts[-1] if replay.facts else Promises()
    assert isinstance(promises, Promises)
    promises = deepcopy(promises)
    promises.offered = {str(draft.id) for draft in DRAFTS}
    data = Path(tempfile.mkdtemp(dir=disk.root.parent))
    try:
        leave(replay, data, chance)
        again = RecordingDisk(data)
        log = open_log(data, again)
        promises.check(log)
        log.close()
        data_again = data.with_name(data.name + "-again")
        leave(Replay(again, len(again.steps) // 2), data_again, chance)
        log = open_log(data_again, UnsyncedDisk())
        promises.check(log)
        log.append(DRAFTS)
        assert not log.append(DRAFTS)
        check_log(log)
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
