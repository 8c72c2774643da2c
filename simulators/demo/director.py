"""Runs the demo on its stage: people punch, the line is cut and comes back, a terminal restarts, all is counted."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from simulators.demo import reader, story
from simulators.demo.crowd import Crowd
from simulators.demo.gateway import NAME
from simulators.demo.scene import Scene, TerminalScene, Told
from simulators.demo.score import Score, delivered_facts, differences
from simulators.demo.script import AWAY, Act, plan, punches_due
from simulators.demo.stage import Stage
from simulators.demo.story import Words

TICK_S = 0.1
SAMPLE_S = 0.15
"""Between two steps of the backlog's history."""
HISTORY = 1000
_STORY = 20


class Screen(Protocol):
    """Where the demo is seen."""

    def show(self, scene: Scene) -> None:
        """How things stand; some ten times a second."""

    def tell(self, told: Told) -> None:
        """Something has happened; once."""


class Director:
    """One run of the demo. Its methods raise GatewayDied, StageError."""

    def __init__(self, stage: Stage, screen: Screen, punches: int, seconds: float) -> None:
        """`punches` over the `seconds` of each round."""
        self.telling: Scene | None = None
        """The moment when what the cut had held back was confirmed; None before."""
        self._stage, self._screen, self._punches, self._seconds = stage, screen, punches, seconds
        self._crowd = Crowd()
        self._acts: dict[Act, Callable[[], None]] = {
            "cut": self._cut,
            "restore": self._restore,
            "restart": self._restart,
        }
        self._began = time.monotonic()
        self._cut_at: float | None = None
        self._cut_seconds = 0.0
        self._draining = False
        self._away: dict[str, float] = {}
        self._history: deque[int] = deque(maxlen=HISTORY)
        self._sampled = 0.0
        self._peak = 0
        self._story: deque[Told] = deque(maxlen=_STORY)
        self._tell(story.START if stage.reader is None else story.START_WITH_READER)

    def round(self) -> None:
        """One round, from the first punch to the last."""
        began, steps, made = time.monotonic(), plan(self._seconds), 0
        while (elapsed := time.monotonic() - began) < self._seconds:
            while steps and steps[0].at <= elapsed:
                self._acts[steps.pop(0).act]()
            while made < punches_due(elapsed, self._seconds, self._punches):
                self._punch()
                made += 1
            self._tick()
        while made < self._punches:
            self._punch()
            made += 1

    def finish(self, words: Words, patience: float) -> None:
        """Let everything arrive; gives up after `patience` seconds."""
        self._tell(words)
        if self._cut_at is not None:
            self._restore()
        end = time.monotonic() + patience
        while not self._settled() and time.monotonic() < end:
            self._tick()
        self._tick()

    def score(self) -> Score:
        """How it stands now."""
        stage = self._stage
        report = stage.centre.report()
        entries = [raw for logid in report["logs"] for raw in stage.centre.entries(logid)]
        lost, doubled = differences(stage.punched(), delivered_facts(entries))
        duplicated = doubled + int(report["repeated"])
        confirmed = max(0, stage.watch.confirmed - self._backlog())
        punched = stage.punched().total()
        whole = not (report["broken"] or report["forks"] or report["missing"] or report["rubbish"])
        return Score(
            punched=punched,
            recorded=stage.recorded,
            delivered=int(report["punches"]),
            confirmed=confirmed,
            lost=lost,
            duplicated=duplicated,
            redelivered=int(report["redelivered"]),
            backlog_peak=self._peak,
            cut_seconds=round(self._cut_seconds, 1),
            seconds=round(time.monotonic() - self._began, 1),
            ok=whole and lost == 0 and duplicated == 0 and confirmed == punched == stage.recorded,
        )

    def scene(self) -> Scene:
        """How everything stands now."""
        stage = self._stage
        return Scene(
            elapsed=time.monotonic() - self._began,
            terminals=tuple(self._doors()),
            gateway=stage.watch.status(NAME) or "starting",
            recorded=stage.recorded,
            line_up=self._cut_at is None,
            cut_seconds=self._cut_so_far(),
            arrived=stage.watch.arrived,
            confirmed=stage.watch.confirmed,
            peak=self._peak,
            history=tuple(self._history),
            story=tuple(self._story),
            rows=stage.watch.rows(),
        )

    def _doors(self) -> Iterator[TerminalScene]:
        stage = self._stage
        for name, terminal in stage.terminals.items():
            yield TerminalScene(name, len(terminal.records()), stage.is_on(name))
        if stage.reader is not None:
            yield TerminalScene(reader.NAME, stage.reader.punches, stage.reader.ready)

    # What happens

    def _tick(self) -> None:
        self._stage.check()
        self._stage.log.read()
        scene = self.scene()
        self._peak = max(self._peak, scene.waiting)
        if time.monotonic() - self._sampled >= SAMPLE_S:
            self._sampled = time.monotonic()
            self._history.append(scene.waiting)
        if self._draining and scene.waiting <= 1:
            self._draining = False
            self._tell(story.DRAINED)
            self.telling = self.scene()
        self._look_for_the_missing()
        self._screen.show(scene)
        time.sleep(TICK_S)

    def _punch(self) -> None:
        now = time.monotonic()
        there = [one for name, one in self._stage.terminals.items() if now >= self._away.get(name, 0.0)]
        self._crowd.punch(there, self._stage.reader)

    def _cut(self) -> None:
        self._cut_at = time.monotonic()
        self._stage.line.cut()
        self._tell(story.CUT)

    def _restore(self) -> None:
        seconds = self._cut_so_far() - self._cut_seconds
        self._tell(story.RESTORE.of(seconds=seconds, waiting=self.scene().waiting))
        self._stage.line.restore()
        self._cut_seconds, self._cut_at, self._draining = self._cut_so_far(), None, True

    def _cut_so_far(self) -> float:
        return self._cut_seconds + (0.0 if self._cut_at is None else time.monotonic() - self._cut_at)

    def _restart(self) -> None:
        name = list(self._stage.terminals)[-1]
        seconds = self._seconds * AWAY
        # From then on people punch there again, though the gateway may not have come back to it yet.
        self._away[name] = time.monotonic() + seconds
        self._stage.terminals[name].restart(seconds)
        self._tell(story.RESTART.of(terminal=name))

    def _look_for_the_missing(self) -> None:
        for name in list(self._away):
            if self._stage.is_on(name):
                del self._away[name]
                self._tell(story.BACK.of(terminal=name))

    def _settled(self) -> bool:
        stage = self._stage
        if stage.reader is not None and not stage.reader.free:
            return False
        return stage.recorded == stage.punched().total() == stage.watch.confirmed and self._backlog() == 0

    def _backlog(self) -> int:
        """Entries that the gateway itself, by its health message, does not know to be confirmed."""
        backlog = self._stage.watch.health.get("backlog", 0)
        return backlog if isinstance(backlog, int) else 0

    def _tell(self, words: Words) -> None:
        told = Told(f"{datetime.now():%H:%M:%S}", words)  # noqa: DTZ005 - the time on the wall
        self._story.append(told)
        self._screen.tell(told)
