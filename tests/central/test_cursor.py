"""The cursor agrees with plain sets, whatever comes, in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from central import cursor
from central.cursor import Cursor
from contract.ranges import Range, count

SMALL = st.integers(1, 40)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(SMALL, min_size=1, max_size=8)),
        st.tuples(st.just("lose"), st.tuples(SMALL, SMALL).map(lambda pair: (min(pair), max(pair)))),
    ),
    max_size=30,
)


def numbers(ranges: list[Range]) -> set[int]:
    found = [number for first, last in ranges for number in range(first, last + 1)]
    assert len(found) == len(set(found)) == count(ranges)
    assert ranges == sorted(ranges)
    return set(found)


class Model:
    """The same with sets of numbers."""

    def __init__(self) -> None:
        self.held: set[int] = set()
        self.lost: set[int] = set()

    def through(self) -> int:
        end = 0
        while end + 1 in self.held | self.lost:
            end += 1
        return max((number for number in self.held if number <= end), default=0)

    def holes(self) -> set[int]:
        return set(range(1, max(self.held, default=0))) - self.held - self.lost


@given(EVENTS)
def test_it_agrees_with_sets(events: list[tuple[str, object]]) -> None:
    ours, model = Cursor(), Model()
    for what, value in events:
        if what == "add":
            ours.add(value)  # type: ignore[arg-type]
            model.held |= set(value)  # type: ignore[call-overload]
            model.lost -= model.held
        else:
            first, last = value  # type: ignore[misc]
            news = numbers(ours.lose(first, last))
            assert news == set(range(first, last + 1)) - model.held - model.lost
            model.lost |= news
        assert ours.highest == max(model.held, default=0)
        assert numbers(ours.holes) == model.holes()
        assert numbers(ours.losses) == model.lost
        assert ours.through == model.through()


@given(st.permutations(range(1, 30)))
def test_whatever_the_order_in_the_end_it_is_whole(order: list[int]) -> None:
    ours = Cursor()
    for number in order:
        ours.add([number])
    assert ours == Cursor(through=29, highest=29)


def test_a_log_of_holes_stays_small_and_becomes_whole_all_the_same() -> None:
    ours, last = Cursor(), 2 * cursor.MAX_HOLES + 500
    ours.add(range(2, last + 1, 2))
    assert len(ours.holes) == cursor.MAX_HOLES
    assert ours.through == 0
    for _ in range(2):  # what was not counted is not confirmed either, so it comes again
        ours.add(range(1, last + 1))
    assert ours == Cursor(through=last, highest=last)


def test_the_mark_never_stands_on_what_is_lost() -> None:
    ours = Cursor()
    ours.add([1, 2, 3, 8])
    ours.lose(4, 5)
    assert (ours.through, ours.holes) == (3, [(6, 7)])
    ours.lose(6, 7)
    assert (ours.through, ours.holes) == (8, [])
    assert ours.losses == [(4, 5), (6, 7)]
    ours.add([5])
    assert ours.losses == [(4, 4), (6, 7)]
