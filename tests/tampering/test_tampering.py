"""docs/tampering.md is what the commands say, and each of them finds what the page says that it finds."""

import pytest

from tests.documents import ROOT
from tests.tampering.page import CHAPTERS, Tale, page, play

STEPS = [step for _, acts in CHAPTERS for act in acts for step in act.steps]


@pytest.fixture(scope="module")
def tale(tmp_path_factory: pytest.TempPathFactory) -> Tale:
    folder = tmp_path_factory.mktemp("tampering") / "scene"
    folder.mkdir()
    return play(folder)


def test_nothing_is_wrong_before(tale: Tale) -> None:
    assert all("whole" in text and "exit code" not in text for text in tale.before)


@pytest.mark.parametrize("number", range(len(STEPS)), ids=lambda number: STEPS[number].told[:40])
def test_what_is_to_be_caught_is_caught(number: int, tale: Tale) -> None:
    said = tale.after[number]
    assert said.step is STEPS[number]
    assert said.text.endswith("[exit code 1]") is said.step.caught, said.text


def test_a_key_is_shown_where_only_the_key_can_tell(tale: Tale) -> None:
    forged = [said.text for said in tale.after if not said.step.caught and "the last line but one" in said.step.told]
    assert len(forged) == 2
    assert all("24f6ed6acbfe1009" in text.splitlines()[-2] for text in forged)


def test_the_page_is_not_stale(tale: Tale) -> None:
    assert (ROOT / "docs" / "tampering.md").read_text() == page(tale), "run python -m tests.tampering"
