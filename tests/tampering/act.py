"""What an act is: something that is done to the scene, and what is asked afterwards."""

from collections.abc import Callable
from typing import NamedTuple

from tests.tampering.scene import Scene


class Step(NamedTuple):
    """One thing that somebody does."""

    told: str
    """In words, for the page."""
    do: Callable[[Scene], None]
    command: str
    caught: bool = True
    """Whether the command finds it: its exit code is 1 then, else 0."""


class Act(NamedTuple):
    """Steps that follow one another on one copy of the scene."""

    title: str
    steps: tuple[Step, ...]
