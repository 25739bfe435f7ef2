"""Declared parameters: validation, conversion and the words of their errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.params import Parametrised, param, parse_assignments
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


class Method(Parametrised):
    count = param(3, 1, 10, help="how many")
    share = param(0.5, 0.0, 1.0, help="what part")
    mode = param("fast", choices=("fast", "exact"), help="which way")
    verbose = param(False, help="say more")


class Narrower(Method):
    extra = param(1.5, help="one more")


def test_defaults_and_given_values() -> None:
    assert Method().params == {"count": 3, "share": 0.5, "mode": "fast", "verbose": False}
    assert Method(count="7", share="0.25", mode="exact", verbose="yes").params == {
        "count": 7,
        "share": 0.25,
        "mode": "exact",
        "verbose": True,
    }


def test_instances_do_not_share_values_and_subclasses_inherit() -> None:
    first, second = Method(count=1), Method()
    assert (first.count, second.count) == (1, 3)
    assert list(Narrower.declared_params()) == ["count", "share", "mode", "verbose", "extra"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"count": 0}, "count: 0 is outside 1 to 10"),
        ({"count": 2.5}, "count: 2.5 is not a whole number"),
        ({"count": float("inf")}, "count: inf is not a whole number"),
        ({"count": float("nan")}, "count: nan is not a whole number"),
        ({"count": "many"}, "count: 'many' is not of type int"),
        ({"share": float("nan")}, "share: nan is not a number"),
        ({"mode": "slow"}, "mode: 'slow' is not one of fast, exact"),
        ({"verbose": "maybe"}, "verbose: 'maybe' is not true or false"),
        ({"cuont": 1}, "unknown parameter 'cuont'; Method takes: count, share, mode, verbose"),
    ],
)
def test_bad_values_are_named(values: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words.replace("(", r"\(")):
        Method(**values)


@pytest.mark.parametrize("given", ["many", "0", "-1", "1.5", ""])
def test_a_setting_of_the_environment_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("MMALIGN_THREADS", given)
    with pytest.raises(BadInput, match="MMALIGN_THREADS"):
        Settings()


@given(st.integers(1, 10), st.floats(0, 1), st.booleans())
def test_what_is_printed_can_be_read_back(count: int, share: float, verbose: bool) -> None:
    made = Method(count=count, share=share, verbose=verbose)
    assert Method(**{name: str(value) for name, value in made.params.items()}).params == made.params


def test_assignments() -> None:
    assert parse_assignments(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    with pytest.raises(BadInput, match="'a' is not of the form name=value"):
        parse_assignments(["a"])
    assert parse_assignments(["a=1", "a=1"]) == {"a": "1"}
    with pytest.raises(BadInput, match="'a' is given twice, as '1' and as '2'"):
        parse_assignments(["a=1", "b=1", "a=2"])
