"""The demo's screen as it looks, at every size, and the bars of the backlog."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from central.listen.arrival import read
from simulators.demo import story
from simulators.demo.picture import hill, picture
from simulators.demo.scene import Scene, TerminalScene, Told
from simulators.demo.screens import Lines, save_picture
from tests.listen.chain import Chain


def scene(**how: object) -> Scene:
    chain = Chain()
    values: dict[str, object] = {
        "elapsed": 14.2,
        "terminals": (TerminalScene("pintu-depan", 32), TerminalScene("pintu-belakang", 31, on=False)),
        "gateway": "online",
        "recorded": 63,
        "line_up": False,
        "cut_seconds": 4.4,
        "arrived": 51,
        "confirmed": 50,
        "peak": 25,
        "history": (0, 1, 5, 13),
        "story": (Told("12:00:05", story.CUT), Told("12:00:13", story.RESTORE.of(seconds=8, waiting=13))),
        "rows": tuple(read(chain.topic(), chain.punch()) for _ in range(40)),
        **how,
    }
    return Scene(**values)  # type: ignore[arg-type]


def drawn(shown: Scene, width: int = 110, height: int = 36) -> str:
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=width, height=height, file=nowhere)
        console.print(picture(shown, width, height))
        return console.export_text()


def test_it_tells_the_whole_way_of_a_punch() -> None:
    text = drawn(scene())
    for part in (
        *("● 32 pintu-depan", "○ 31 pintu-belakang", "63", "recorded", "CUT 4 s", "51", "arrived", "50", "confirmed"),
        *("waiting on site: 13, at most 25", "13 absen menunggu di kantor", "14.2 s", "pin:10**"),
    ):
        assert part in text
    assert "UP" not in text
    assert "UP" in drawn(scene(line_up=True))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 15), (60, 20), (110, 36), (200, 60)])
def test_it_fits_the_screen(width: int, height: int) -> None:
    lines = drawn(scene(), width, height).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height, 15)


def test_no_sentence_is_too_long_for_eighty_columns() -> None:
    sentences = [words for words in vars(story).values() if isinstance(words, story.Words)]
    assert len(sentences) >= 8
    small = {"seconds": 12, "terminal": "pintu-belakang", "lost": 12, "duplicated": 12, "unconfirmed": 12}
    for words in sentences:
        filled = words.of(**dict.fromkeys(("waiting", "delivered", "punched"), 1234), **small)
        assert len(filled.english) <= 80 - 9, filled
        assert len(filled.indonesian) <= 80 - 9, filled


def test_a_card_reader_stands_beside_the_terminals() -> None:
    text = drawn(scene(terminals=(*scene().terminals, TerminalScene("kartu-1", 7))))
    for part in ("● 32 pintu-depan", "○ 31 pintu-belakang", "● 7 kartu-1", "punched absen"):
        assert part in text


def test_an_empty_scene_can_be_drawn() -> None:
    assert "waiting on site: 0" in drawn(Scene())


@given(st.lists(st.integers(0, 10_000), max_size=200), st.integers(1, 120), st.integers(1, 5))
def test_a_hill_keeps_order_and_proportion(values: list[int], width: int, rows: int) -> None:
    lines = hill(values, width, rows)
    shown = values[-width:]
    assert len(lines) == rows
    assert {len(line) for line in lines} == {len(shown)}
    heights = [sum(" ▁▂▃▄▅▆▇█".index(line[at]) for line in lines) for at in range(len(shown))]
    for at, value in enumerate(shown):
        assert (heights[at] == 0) is (value == 0)
        assert heights[at] == rows * 8 or value in range(max(shown) or 1)
    assert [height for _, height in sorted(zip(shown, heights, strict=True))] == sorted(heights)


def test_the_picture_is_saved_as_svg(tmp_path: Path) -> None:
    save_picture(scene(), tmp_path / "demo.svg")
    text = (tmp_path / "demo.svg").read_text()
    assert text.startswith("<svg")
    assert "ketuk&#160;demo" in text or "ketuk demo" in text
    assert "pintu-belakang" in text


def test_in_a_pipe_each_thing_is_told_once_and_progress_now_and_then(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        lines = Lines(out)
        lines.tell(Told("12:00:05", story.CUT))
        for tenth in range(50):
            lines.show(scene(elapsed=tenth / 10))
    written = (tmp_path / "out").read_text().splitlines()
    assert written[0] == f"12:00:05  {story.CUT.english} / {story.CUT.indonesian}"
    assert [line.split()[0] for line in written[1:]] == ["0.0", "2.0", "4.0"]
    assert "punched 63  recorded 63  line CUT  at the broker 51  confirmed 50  waiting 13" in written[1]
