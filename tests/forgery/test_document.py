"""docs/clock-forgery.md shows what happens."""

from pathlib import Path

from tests.forgery.document import DOCUMENT, normalised, renewed
from tests.forgery.stories import STORIES


def test_what_the_document_quotes_is_what_the_stories_leave_in_the_log(tmp_path: Path) -> None:
    """If it is not, and what comes out now is right: python -m tests.forgery"""
    text = DOCUMENT.read_text()
    assert normalised(text) == normalised(renewed(text, tmp_path))


def test_it_tells_every_story() -> None:
    text = DOCUMENT.read_text()
    assert [name for name in STORIES if f"```console {name}\n" not in text] == []
