"""A change of the code that some test must notice, made in a copy of the tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_COPIED = (
    "bench",
    "central",
    "contract",
    "firmware",
    "gateway",
    "provisioning",
    "simulators",
    "tests",
    "pyproject.toml",
)
_SECONDS = 1800
_FAILED = 1  # pytest's own: tests ran, and some failed


class Mutation(NamedTuple):
    """`old`, which stands exactly once in `file`, becomes `new`; one of `tests` (pytest's own names) must then fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def change(self, text: str) -> str:
        """The mutated file. Fails when the place is not there, or not the only one: the list must follow the code."""
        found = text.count(self.old)
        assert found == 1, (
            f"{self.name}: {self.file} has {self.old!r} {found} times: the list of mutations is out of date"
        )
        return text.replace(self.old, self.new)


class Copy:
    """The tree once more in `folder`, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)

    def fails(self, mutation: Mutation) -> tuple[bool, str]:
        """Whether a test notices the mutation, and what pytest said; the copy is as it was afterwards."""
        path = self.folder / mutation.file
        text = path.read_text()
        path.write_text(mutation.change(text))
        try:
            code, said = self.run(*mutation.tests)
        finally:
            path.write_text(text)
        assert code in (0, _FAILED), f"{mutation.name}: the tests did not even run:\n{said[-2000:]}"
        return code == _FAILED, said

    def run(self, *tests: str) -> tuple[int, str]:
        """pytest's exit code for these tests on the copy, and what it said."""
        options = ["-q", "-x", "--tb=line", "--show-capture=no", "--timeout=600", "-p", "no:cacheprovider"]
        # Nothing compiled is kept: a change within the same second and of the same length would not be seen.
        surroundings = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "not soak", *options, *tests],
            cwd=self.folder,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
