"""Conditions on metadata: every operator on numbers, texts, lists and missing values, and bad conditions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.types import BadInput, Collection, Media
from mmalign_core.workflow import allowed_items

IDS = ("a", "b", "c", "d")


def collection(**columns: list) -> Collection:
    """Four items with texts; only b has a picture."""
    frame = pd.DataFrame(columns, index=pd.Index(IDS, name="id"))
    texts = ["A Dog barks", "a cat", "hot dog", "Ein Hund"]
    media = [Media(item, "text", item, text=text) for item, text in zip(IDS, texts)]
    return Collection("c", frame, (*media, Media("b", "image", "x", path="b.png")))


FILMS = collection(
    year=[1950, 1960.0, None, 1999],
    title=["Dogville", "ÄPFEL", None, "top dog"],
    genres=['["Drama", "War"]', '["Comedy"]', None, "War"],
    released=["1950-05-01", "1960-01-01", None, "1999-12-31"],
    good=[True, False, None, True],
    **{"a>=b": [1, 2, 3, 4]},
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("year>=1960", "bd"),
        ("year > 1960", "d"),
        ("year<1960", "a"),
        ("year<=1960", "ab"),
        ("year=1960", "b"),
        ("year=1960.0", "b"),
        ("year!=1960", "acd"),
        ("title~dog", "ad"),
        ("title!~dog", "bc"),
        ("title=äpfel", "b"),
        ("title='top dog'", "d"),
        ("YEAR=1999", "d"),
        ("genres=war", "ad"),
        ("genres!=war", "bc"),
        ("genres~com", "b"),
        ("released>=1960-01-01", "bd"),
        ("good=true", "ad"),
        ("id=c", "c"),
        ("id!=c", "abd"),
        ("text~dog", "ac"),
        ("has:image", "b"),
        ("!has:image", "acd"),
        ("has: TEXT", "abcd"),
        ("has:audio", ""),
        ("a>=b>=3", "cd"),
    ],
)
def test_a_condition_allows_exactly_these(condition: str, expected: str) -> None:
    found = allowed_items(FILMS, IDS, [condition])
    assert found.dtype == bool and "".join(np.array(IDS)[found]) == expected


def test_several_conditions_must_all_hold_and_none_allows_all() -> None:
    assert allowed_items(FILMS, IDS, ["genres=war", "year>1950"]).tolist() == [False, False, False, True]
    assert allowed_items(FILMS, IDS, []).all()
    assert allowed_items(FILMS, ("d", "a"), ["year<1960"]).tolist() == [False, True]


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4))
def test_orders_agree_with_numbers(limit: float, values: list[float]) -> None:
    held = collection(size=values)
    for sign, compare in ((">=", np.greater_equal), (">", np.greater), ("<=", np.less_equal), ("<", np.less)):
        assert allowed_items(held, IDS, [f"size{sign}{limit!r}"]).tolist() == compare(values, limit).tolist()


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("yaer>=1960", "no column 'yaer' to filter by; there are: year"),
        ("year", "is no condition"),
        ("", "is no condition"),
        ("=3", "is no condition"),
        ("year>=", "has no value"),
        ("year>=old", "'year' holds numbers and 'old' is none"),
        ("has:smell", "names no modality"),
        ("no\x00pe\n~x", "no column"),
    ],
)
def test_a_condition_that_cannot_work_is_named_on_one_line(condition: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        allowed_items(FILMS, IDS, [condition])
    assert "\n" not in str(caught.value) and "\0" not in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_one_clear_line(condition: str) -> None:
    try:
        assert allowed_items(FILMS, IDS, [condition]).shape == (4,)
    except BadInput as error:
        assert str(error).isprintable()
