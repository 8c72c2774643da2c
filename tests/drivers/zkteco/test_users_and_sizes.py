"""The user list and the counters."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.drivers.zkteco import sizes, users
from gateway.drivers.zkteco.sizes import Sizes
from tests.drivers.zkteco import bytes_of


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("count", [1, 7, 18, 100])
def test_both_widths(told, count):
    """7 users of 72 bytes are as long as 18 of 28."""
    number = count if told else None
    narrow = b"".join(bytes_of.user_28(n, 1000 + n) for n in range(1, count + 1))
    wide = b"".join(bytes_of.user_72(n, f"0{n}") for n in range(1, count + 1))
    assert users.decode(narrow, number) == {n: str(1000 + n) for n in range(1, count + 1)}
    assert users.decode(wide, number) == {n: f"0{n}" for n in range(1, count + 1)}


def test_a_list_that_grew_after_it_was_counted():
    body = b"".join(bytes_of.user_72(n, f"P{n}") for n in (1, 2, 3))
    assert users.decode(body, 2) == {1: "P1", 2: "P2", 3: "P3"}


def test_no_users_and_no_width():
    assert users.decode(b"", 0) == {}
    assert users.decode(b"\x01" * 71, 1) is None
    letters = random.Random(1)
    body = bytes(letters.randrange(65, 91) for _ in range(504))  # 18 users of 28 bytes as well as 7 of 72
    assert (len(users.decode(body, 18) or {}), len(users.decode(body, 7) or {})) == (18, 7)
    assert users.decode(body, None) is None


@given(st.binary(max_size=600), st.one_of(st.none(), st.integers(0, 20)))
def test_any_list_ends_well(body, count):
    known = users.decode(body, count)
    assert known is None or all(person.strip() for person in known.values())


def test_the_sample_of_an_f18():
    """pull 111: 3 of 5000 users, 58 of 100000 records."""
    found = sizes.decode(bytes_of.sizes(58, 100_000, users=3))
    assert (found.records, found.capacity, found.users, found.full) == (58, 100_000, 3, False)


def test_no_records_are_believed_only_in_a_reply_of_known_length():
    assert sizes.decode(bytes_of.sizes(0, length=92)).records == 0
    assert sizes.decode(bytes_of.sizes(0, length=80)).records == 0
    assert sizes.decode(bytes_of.sizes(0, length=112)).records is None
    assert sizes.decode(bytes_of.sizes(5, length=112)).records == 5


def test_a_full_log():
    assert sizes.decode(bytes_of.sizes(1000, 1000)).full
    assert not sizes.decode(bytes_of.sizes(1000, 0)).full
    assert not Sizes().full


@given(st.binary(max_size=130))
def test_any_reply_ends_well(data):
    found = sizes.decode(data)
    assert found.records is None or found.records >= 0
    if len(data) < 36:
        assert found.records is None
