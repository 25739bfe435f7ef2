"""Splits and folds: seeded, near the asked size, and blind to no identical content."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.splits import (
    column_folds,
    content_groups,
    folds,
    items_of,
    nested,
    paired_column,
    paired_items,
    shared_content,
    split,
    time_split,
)
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.strings import Strings


def sets_of(texts: list[int], images: list[int]) -> dict[str, EmbeddingSet]:
    """Item i has the text with content texts[i] and the image with content images[i]."""
    ids = tuple(f"item{i}" for i in range(len(texts)))
    return {
        name: EmbeddingSet(name, ids, tuple(f"{name}{k}" for k in keys), np.zeros((len(ids), 1), np.float32), "toy@1")
        for name, keys in (("text", texts), ("image", images))
    }


contents = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 2 * n), min_size=n, max_size=n) for _ in range(2)))
)


@settings(deadline=None, max_examples=60)
@given(contents, st.floats(0.05, 0.95), st.integers(0, 99))
def test_no_content_straddles_and_nothing_is_lost(keys: tuple[list[int], list[int]], test: float, seed: int) -> None:
    sets = sets_of(*keys)
    groups = content_groups(sets)
    if len(groups) < 2:
        with pytest.raises(BadInput, match="identical content"):
            split(sets, test, seed)
        return
    part = split(sets, test, seed)
    assert part == split(sets, test, seed)
    assert part.train and part.test
    assert sorted(part.train + part.test) == sorted(sets["text"].ids)
    for modality in sets.values():
        sides = [{k for i, k in zip(modality.ids, modality.keys) if i in side} for side in (part.train, part.test)]
        assert not sides[0] & sides[1]
    assert abs(len(part.test) - test * len(sets["text"])) <= max(map(len, groups))


@settings(deadline=None, max_examples=40)
@given(contents, st.integers(2, 5), st.integers(0, 99))
def test_folds_hold_every_item_out_once(keys: tuple[list[int], list[int]], k: int, seed: int) -> None:
    sets = sets_of(*keys)
    groups = content_groups(sets)
    if len(groups) < k:
        with pytest.raises(BadInput, match="groups"):
            folds(sets, k, seed)
        return
    parts = folds(sets, k, seed)
    assert len(parts) == k and all(part.train and part.test for part in parts)
    assert sorted(item for part in parts for item in part.test) == sorted(sets["text"].ids)
    assert all(not set(part.train) & set(part.test) for part in parts)
    held = [len(part.test) for part in parts]
    assert max(held) - min(held) <= max(map(len, groups))


def test_groups_reach_through_both_modalities() -> None:
    sets = sets_of([0, 0, 1, 2, 3], [10, 11, 11, 12, 13])
    assert content_groups(sets) == [("item0", "item1", "item2"), ("item3",), ("item4",)]


def test_distinct_items_split_at_the_asked_size_and_by_seed() -> None:
    sets = sets_of(list(range(100)), list(range(100)))
    assert len(split(sets, 0.2, 0).test) == 20
    assert split(sets, 0.2, 0).test != split(sets, 0.2, 1).test
    assert [len(part.test) for part in folds(sets, 5, 0)] == [20] * 5


def test_the_order_of_rows_does_not_matter() -> None:
    sets = sets_of([0, 0, 1, 2, 3, 4], [9, 8, 7, 6, 5, 5])
    turned = {m: s.take(list(reversed(range(len(s))))) for m, s in sets.items()}
    assert split(sets, 0.4, 3) == split(turned, 0.4, 3)
    assert folds(sets, 2, 3) == folds(turned, 2, 3)


@pytest.mark.parametrize("test", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_a_share_that_holds_out_none_or_all_is_refused(test: float) -> None:
    with pytest.raises(BadInput, match="share"):
        split(sets_of([1, 2], [3, 4]), test)


def half_paired(items: int = 40, paired: int = 10) -> dict[str, EmbeddingSet]:
    """Every item has a text, the last ones an image too."""
    sets = sets_of(list(range(items)), list(range(items)))
    return {"text": sets["text"], "image": sets["image"].take(range(items - paired, items))}


@settings(deadline=None)
@given(st.integers(0, 999))
def test_every_held_out_part_has_its_share_of_pairs_to_measure(seed: int) -> None:
    sets = half_paired()
    paired = set(sets["image"].ids)
    part = split(sets, 0.2, seed)
    assert len(paired & set(part.test)) == 2 and len(part.test) == 8
    assert all(paired & set(fold.test) for fold in folds(sets, 10, seed))
    assert split(sets, 0.01, seed).test and paired & set(split(sets, 0.01, seed).test)


def test_more_folds_than_pairs_are_refused() -> None:
    with pytest.raises(BadInput, match=r"11 folds of 10 groups.*from 2 to 10"):
        folds(half_paired(), 11)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 8), min_size=2, max_size=40), st.floats(0.05, 0.95))
def test_the_latest_are_held_out_and_no_moment_is_on_both_sides(years: list[int], test: float) -> None:
    sets = sets_of(list(range(len(years))), list(range(len(years))))
    times = {f"item{i}": float(year) for i, year in enumerate(years)}
    if len(set(years)) < 2:
        with pytest.raises(BadInput, match="'year' has one value"):
            time_split(sets, times, test, "year")
        return
    part = time_split(sets, times, test, "year")
    assert max(times[i] for i in part.train) < min(times[i] for i in part.test)
    assert sorted(part.train + part.test) == sorted(times)
    off = abs(len(part.test) - test * len(years))
    others = [sum(year >= cut for year in years) for cut in set(years) - {min(years)}]
    assert off == pytest.approx(min(abs(held - test * len(years)) for held in others))


def test_items_without_a_time_are_on_neither_side() -> None:
    sets = sets_of(list(range(5)), list(range(5)))
    part = time_split(sets, {"item0": 1.0, "item1": 2.0, "item3": 3.0}, 0.34, "year")
    assert part.train == ("item0", "item1") and part.test == ("item3",)
    with pytest.raises(BadInput, match="'year' has no value"):
        time_split(sets, {}, 0.5, "year")


def test_a_column_gives_the_folds_and_items_without_a_value_are_only_fitted_on() -> None:
    sets = sets_of([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])
    parts = column_folds(sets, {"item0": 2, "item1": 10, "item2": 2, "item3": 10}, "fold")
    assert [part.test for part in parts] == [("item0", "item2"), ("item1", "item3")]
    assert parts[0].train == ("item1", "item3", "item4")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 1, 1, 1], "1 different values"),
        ([], "0 different values"),
        ([1, 1, 2, 2], "fold 1 of column 'fold' has no item with both"),
    ],
)
def test_columns_that_are_no_folds_are_refused(values: list[int], words: str) -> None:
    sets = sets_of([0, 1, 2, 3], [0, 1, 2, 3])
    sets["image"] = sets["image"].take([2, 3])
    with pytest.raises(BadInput, match=words):
        column_folds(sets, {f"item{i}": value for i, value in enumerate(values)}, "fold")


def test_a_column_of_identities_is_no_fold_column() -> None:
    sets = sets_of(list(range(101)), list(range(101)))
    with pytest.raises(BadInput, match="101 different values; folds need 2 to 100"):
        column_folds(sets, {f"item{i}": i for i in range(101)}, "serial")


def test_shared_content_counts_measured_items_that_the_fit_has_seen() -> None:
    sets = sets_of([0, 0, 1, 2], [10, 11, 12, 10])
    part = column_folds(sets, {"item0": "a", "item1": "b", "item2": "b", "item3": "b"}, "fold")[1]
    assert part.train == ("item0",) and shared_content(sets, part) == 2
    assert shared_content(sets, split(sets, 0.3)) == 0


@settings(deadline=None, max_examples=40)
@given(contents, st.integers(0, 99))
def test_nested_parts_grow_by_whole_content_groups(keys: tuple[list[int], list[int]], seed: int) -> None:
    sets = sets_of(*keys)
    items = sets["text"].ids
    shares = (0.125, 0.25, 0.5, 1.0)
    parts = [set(part) for part in nested(sets, items, shares, seed)]
    groups = [set(group) for group in content_groups(sets)]
    assert parts[-1] == set(items) and all(a <= b for a, b in pairwise(parts))
    for share, part in zip(shares, parts):
        assert all(group <= part or not group & part for group in groups)
        assert share * len(items) - 1e-6 <= len(part) < share * len(items) + max(map(len, groups))


def test_every_split_holds_its_items_in_columns() -> None:
    sets, ids = half_paired(), [f"item{i}" for i in range(40)]
    column = {item: at % 3 for at, item in enumerate(ids)}
    parts = [
        split(sets, 0.2),
        *folds(sets, 3),
        *column_folds(sets, column, "fold"),
        time_split(sets, {item: float(at) for at, item in enumerate(ids)}, 0.5, "year"),
    ]
    assert all(isinstance(side, Strings) for part in parts for side in (part.train, part.test))
    assert all(isinstance(part, Strings) for part in (*nested(sets, ids, [0.5, 1.0]), items_of(sets)))
    assert isinstance(paired_column(sets), Strings) and set(paired_column(sets)) == paired_items(sets)
