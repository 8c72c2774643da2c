"""What the stand-in centre concludes from what it was given, in any order."""

from hypothesis import given
from hypothesis import strategies as st

from contract.chain import GENESIS, entry_hash
from contract.entry import AUDIT
from simulators.ledger import Books
from tests.listen.chain import Chain


def take(books: Books, chain: Chain, raws: list[bytes]) -> None:
    for raw in raws:
        assert books.take(chain.topic(), raw) == chain.logid


def chain_of(size: int) -> Chain:
    chain = Chain()
    for number in range(size):
        chain.punch(f"pin:{number}")
    return chain


@given(st.permutations(range(8)), st.integers(0, 8))
def test_any_order_ends_in_the_same_books(order: list[int], known: int) -> None:
    chain, books = chain_of(8), Books()
    take(books, chain, [chain.raws[index] for index in order[:known]])
    held = {index + 1 for index in order[:known]}
    ledger = books.ledgers.get(chain.logid)
    through = next(number for number in range(9) if number + 1 not in held)
    assert (0 if ledger is None else ledger.through) == through
    named = {number for first, last in (ledger.missing() if ledger else []) for number in range(first, last + 1)}
    assert named == {number for number in range(1, max(held, default=0)) if number not in held}
    take(books, chain, [chain.raws[index] for index in order[known:]])
    report = books.report()
    assert (report["entries"], report["punches"], report["missing"], report["broken"]) == (8, 8, 0, 0)
    assert books.ledgers[chain.logid].entries() == chain.raws
    assert books.ledgers[chain.logid].hash_of(8) == entry_hash(chain.raws[-1])


def test_the_same_bytes_again_are_redelivered_and_other_bytes_are_a_fork() -> None:
    chain, other, books = chain_of(3), chain_of(2), Books()
    forged = other.punch("pin:9999")
    take(books, chain, [*chain.raws, chain.raws[1], forged])
    report = books.report()
    assert (report["redelivered"], report["forks"], report["punches"], report["entries"]) == (1, 1, 3, 3)
    assert report["logs"][chain.logid]["forks"] == [3]
    assert books.ledgers[chain.logid].entries() == chain.raws


def test_one_changed_entry_breaks_the_chain_after_it_whichever_came_first() -> None:
    for order in ([0, 1, 2], [2, 1, 0]):
        chain, books = chain_of(3), Books()
        raws = [*chain.raws]
        raws[1] = raws[1].replace(b"pin:1", b"pin:7")
        take(books, chain, [raws[index] for index in order])
        assert books.report()["logs"][chain.logid]["broken"] == [3]


def test_a_first_entry_must_begin_the_chain() -> None:
    chain, books = chain_of(1), Books()
    take(books, chain, [chain.raws[0].replace(GENESIS.encode(), b"a" * 64)])
    assert books.report()["logs"][chain.logid]["broken"] == [1]


def test_a_fact_twice_in_one_log_is_repeated_and_in_another_log_carried() -> None:
    chain, renewed, books = Chain(), Chain(epoch="11111111"), Books()
    take(books, chain, [chain.punch(id="a"), chain.punch(id="b"), chain.punch(id="a")])
    take(books, renewed, [renewed.punch(id="a"), renewed.punch(id="b"), renewed.punch(id="c")])
    report = books.report()
    assert (report["punches"], report["repeated"], report["carried"]) == (3, 1, 2)
    assert books.facts() == {("/kec-pampangan/pintu-depan", fact) for fact in "abc"}


def test_audit_entries_are_held_but_are_no_punches() -> None:
    chain, books = Chain(), Books()
    assert books.take(chain.topic(AUDIT), chain.audit()) == chain.logid
    assert (books.report()["entries"], books.report()["punches"]) == (1, 0)


def test_forgetting_goes_back_and_takes_it_again() -> None:
    chain, books = chain_of(5), Books()
    take(books, chain, chain.raws)
    books.forget(2, chain.logid)
    assert (books.report()["punches"], books.ledgers[chain.logid].through) == (2, 2)
    take(books, chain, chain.raws)
    report = books.report()
    assert (report["punches"], report["entries"], report["repeated"], report["redelivered"]) == (5, 5, 0, 2)


@given(st.binary(max_size=200))
def test_rubbish_is_counted_and_never_raises(payload: bytes) -> None:
    books = Books()
    assert books.take("ketuk/v1/kec-pampangan/gw1/log/punch", payload) is None
    assert (books.rubbish, len(books.last_rubbish), books.ledgers) == (1, 1, {})


def test_a_log_of_another_gateway_is_rubbish() -> None:
    chain, books = Chain(gateway="gw2"), Books()
    assert books.take("ketuk/v1/kec-pampangan/gw1/log/punch", chain.punch()) is None
    assert "gw2.7f3a9c2e is not a log of gw1" in books.last_rubbish[0]
