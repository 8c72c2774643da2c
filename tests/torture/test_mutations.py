"""Each safeguard is taken out of a copy of the tree, one at a time: some test must fail each time.

A mutation that no test notices is a promise that nobody watches. `make soak TEST=tests/torture/test_mutations.py`
"""

import pytest

from tests.torture.mutation import ROOT, Copy, Mutation
from tests.torture.mutations_carry import CARRY
from tests.torture.mutations_clock import TERMINAL
from tests.torture.mutations_log import LOG
from tests.torture.mutations_reader import READER
from tests.torture.mutations_way import CENTRAL, CHAIN, GATEWAY
from tests.torture.mutations_zkteco import ZKTECO

MUTATIONS = (*LOG, *GATEWAY, *CENTRAL, *CARRY, *CHAIN, *READER, *ZKTECO, *TERMINAL)
BY_NAME = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("mutated") / "tree")


def test_each_is_named_once() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


@BY_NAME
def test_the_list_follows_the_code(mutation: Mutation) -> None:
    """The place is there, and the change can be compiled; the tests are there, too."""
    compile(mutation.change((ROOT / mutation.file).read_text()), mutation.file, "exec")
    for test in mutation.tests:
        file, *names = test.split("::")
        text = (ROOT / file).read_text()
        assert all(f" {name.partition('[')[0]}" in text for name in names), f"there is no {test}"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_without_a_change_all_of_them_pass(copy: Copy) -> None:
    """What the mutations are measured against."""
    code, said = copy.run(*sorted({test for mutation in MUTATIONS for test in mutation.tests}))
    assert code == 0, said[-3000:]


@pytest.mark.soak
@pytest.mark.timeout(2000)
@BY_NAME
def test_some_test_notices(mutation: Mutation, copy: Copy) -> None:
    noticed, said = copy.fails(mutation)
    assert noticed, f"nobody noticed: {mutation.name}\n{said[-2000:]}"
    print(f"{mutation.name}: {next(line for line in said.splitlines() if line.startswith('FAILED'))[:200]}")
