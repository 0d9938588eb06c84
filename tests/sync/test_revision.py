"""Revisions: the shared tables, and agreement with integers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.sync import InvalidRevision, Revision, compare_revisions, is_revision, parse_revision
from atrium.testing.sync_scenarios import load_vectors

VECTORS = load_vectors(Path(__file__).parents[2] / "contracts" / "sync" / "scenarios.json")

U64 = st.integers(min_value=0, max_value=2**64 - 1)


@pytest.mark.parametrize("value", VECTORS["revisions"]["valid"])
def test_accepts(value: object) -> None:
    assert is_revision(value)
    assert parse_revision(value) == value


@pytest.mark.parametrize("value", VECTORS["revisions"]["invalid"], ids=repr)
def test_declines(value: object) -> None:
    assert not is_revision(value)
    with pytest.raises(InvalidRevision, match="not a canonical decimal u64 string"):
        parse_revision(value)


@pytest.mark.parametrize(("a", "b", "order"), VECTORS["comparisons"])
def test_compares(a: Revision, b: Revision, order: int) -> None:
    assert compare_revisions(a, b) == order


@given(U64, U64)
def test_compares_as_integers_do(a: int, b: int) -> None:
    assert compare_revisions(parse_revision(str(a)), parse_revision(str(b))) == (a > b) - (a < b)


@given(st.integers(min_value=-(2**70), max_value=2**70))
def test_accepts_exactly_u64(number: int) -> None:
    assert is_revision(str(number)) == (0 <= number < 2**64)


@given(st.text(max_size=22))
def test_accepts_only_what_an_integer_prints(text: str) -> None:
    if is_revision(text):
        assert text == str(int(text))
