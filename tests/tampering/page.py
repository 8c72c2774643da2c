"""docs/tampering.md, from what the commands say."""

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.tampering import acts_bundle, acts_database, acts_segment
from tests.tampering.act import Act, Step
from tests.tampering.scene import Scene, build, copy

CHAPTERS: tuple[tuple[str, Sequence[Act]], ...] = (
    ("The centre's database", acts_database.ACTS),
    ("A segment of the gateway's log", acts_segment.ACTS),
    ("A bundle", acts_bundle.ACTS),
)
BEFORE = (
    (acts_database.COMMAND, "The centre's database:"),
    (acts_segment.COMMAND, "The gateway's log, which has three punches more:"),
    (acts_bundle.COMMAND, "A bundle, made by `ketuk central export`, on a machine that has nothing else:"),
)


class Said(NamedTuple):
    """What a command said after a step."""

    chapter: str
    act: Act
    step: Step
    text: str


class Tale(NamedTuple):
    """Everything that the page shows."""

    before: list[str]
    """What the commands of BEFORE said."""
    after: list[Said]


def play(folder: Path) -> Tale:
    """All acts, each on a copy of its own of the scene that is built in `folder`."""
    scene = build(folder)
    before = [scene.ketuk(command) for command, _ in BEFORE]
    return Tale(before, [said for chapter, acts in CHAPTERS for act in acts for said in _played(scene, chapter, act)])


def _played(scene: Scene, chapter: str, act: Act) -> Iterator[Said]:
    with copy(scene) as spoilt:
        for step in act.steps:
            step.do(spoilt)
            yield Said(chapter, act, step, spoilt.ketuk(step.command))


def page(tale: Tale) -> str:
    """The whole of it."""
    parts = [_INTRODUCTION]
    for (command, told), text in zip(BEFORE, tale.before, strict=True):
        parts += [told, _shown(command, text)]
    for chapter, of_chapter in itertools.groupby(tale.after, lambda said: said.chapter):
        parts.append(f"## {chapter}")
        for act, of_act in itertools.groupby(of_chapter, lambda said: said.act):
            parts.append(f"### {act.title}")
            for said in of_act:
                parts += [textwrap.fill(said.step.told, 118), _shown(said.step.command, said.text)]
    return "\n\n".join([*parts, _END]) + "\n"


def _shown(command: str, text: str) -> str:
    return f"```console\n$ {command}\n{text}\n```"


_INTRODUCTION = """\
# What happens when somebody changes something

This page is made by `python -m tests.tampering` and checked by the tests: it shows what the commands really say. One
office, `kec-pampangan`, with one gateway, signed six times; the keys of the regency's gateways are in a file beside
`central.toml`. First as it should be."""

_END = """\
## What proves what

- Each entry names the hash of the one before: **one change shows at the next entry**, whoever corrects the hash beside
  it.
- A checkpoint is signed with the gateway's key: **a chain that is written anew needs that key**, and it never leaves
  the gateway. What came after the last checkpoint (a minute, 500 entries) is proven by the next one.
- The sequence has no holes: **what is taken out has a number**, and at the end of a log the gateway's next entry shows
  it. Until then only the gateway, a receipt or a bundle made before knows that there was more.
- What was in a gateway and nowhere else can be cut off its card without a trace in the log; the terminal still has it,
  and is read again.
- A key proves nothing about itself: **note the public keys on paper or in a file that the database's administrator
  cannot write**, and ask with them (`[trust] keys`, `--key`).
- When the centre received an entry (`received`) is its own word and is signed by nobody."""
