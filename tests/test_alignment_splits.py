"""Splits of an alignment: shares, folds, columns and times, and splits that the data do not allow."""

from dataclasses import replace

import pandas as pd
import pytest

from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import (
    Choices,
    align,
)
from tests.given_vectors import dated, given


@pytest.mark.parametrize(("how", "split", "measured"), [({"test": 0.3}, "test 0.3", 9), ({"folds": 3}, "3 folds", 30)])
def test_held_out_items_alone_are_measured(how: dict, split: str, measured: int, store: Store) -> None:
    report = align(*given(), Choices(aligner="as-is", **how), store=store).report
    assert report["split"] == split and report["n_test"] == measured
    assert report["metrics"]["image->text"]["n"] == measured
    assert report["metrics"]["image->text"]["candidates"] == (10 if "folds" in how else 9)


def test_the_folds_of_a_column_are_those_measured(store: Store) -> None:
    data = dated(fold=[1 + n % 5 for n in range(30)])
    report = align(*data, Choices(aligner="as-is", fold_column="fold"), store=store).report
    assert report["split"] == "5 folds by 'fold'" and (report["n_train"], report["n_test"]) == (24, 30)
    assert report["metrics"]["image->text"]["candidates"] == 6 and report["shared_content"] == 0


@pytest.mark.parametrize(
    ("times", "first"),
    [
        ([1990 + n // 3 for n in range(30)], "1998"),
        ([f"2024-01-{1 + n // 3:02d}" for n in range(30)], "2024-01-09"),
        (list(pd.date_range("2024-01-01", periods=30, tz="UTC")), "2024-01-25 00:00:00+00:00"),
    ],
)
def test_the_latest_items_are_measured(times: list, first: str, store: Store) -> None:
    choices = Choices(aligner="as-is", test=0.2, time_column="when")
    report = align(*dated(when=times), choices, store=store).report
    assert report["split"] == f"test 0.2, the latest by 'when' (from {first})"
    assert (report["n_train"], report["n_test"]) == (24, 6)


def test_content_repeated_later_is_counted(store: Store) -> None:
    collection, encoding = dated(year=[1990 + n for n in range(30)])
    text = encoding.sets["text"]
    same = replace(text, keys=(text.keys[29], *text.keys[1:28], text.keys[1], text.keys[29]))
    encoding = replace(encoding, sets={**encoding.sets, "text": same})
    report = align(collection, encoding, Choices(aligner="as-is", test=0.2, time_column="year"), store=store).report
    assert report["shared_content"] == 2
    assert align(collection, encoding, Choices(aligner="as-is", test=0.2), store=store).report["shared_content"] == 0
    assert align(collection, encoding, Choices(aligner="as-is"), store=store).report["shared_content"] is None


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"fold_column": "part"}, "no metadata column 'part'; it has: fold, one, word"),
        ({"fold_column": "one"}, "'one' has 1 different values"),
        ({"time_column": "one", "test": 0.2}, "'one' has one value"),
        ({"time_column": "word", "test": 0.2}, "holds 'early' .item 'i0'., which is neither a number nor a date"),
        ({"time_column": "fold"}, "needs a test share"),
        ({"fold_column": "fold", "folds": 3}, "cannot go together"),
        ({"fold_column": "fold", "time_column": "fold", "test": 0.2}, "cannot go together"),
        ({"test": 2.0}, "held-out share is 2.0"),
        ({"correction_params": {"k": 3}}, "none takes: none"),
    ],
)
def test_splits_that_the_data_cannot_give_are_named(choices: dict, words: str, store: Store) -> None:
    data = dated(fold=[n % 2 for n in range(30)], one=[1] * 30, word=["early"] * 30)
    with pytest.raises(BadInput, match=words):
        align(*data, Choices(aligner="as-is", **choices), store=store)
