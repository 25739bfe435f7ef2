"""Counterfactuals: the smallest removal is the smallest, and what is called minimal is."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.explain.counterfactuals import find_removal


def falls_without(*needed: int):
    """The item stands while one of `needed` is left."""
    return lambda masks: ~masks[:, list(needed)].any(axis=1)


def brute(parts: int, falls) -> int | None:
    """Size of the smallest set, trying all."""
    for size in range(parts + 1):
        for removed in combinations(range(parts), size):
            mask = np.ones((1, parts), dtype=bool)
            mask[0, list(removed)] = False
            if falls(mask)[0]:
                return size
    return None


def test_one_word_is_enough_and_the_first_in_order_is_taken() -> None:
    seen = find_removal(5, lambda masks: ~masks[:, 1] | ~masks[:, 3], order=[0, 3, 1, 2, 4])
    assert seen.parts == (3,) and seen.smallest and seen.minimal
    assert find_removal(5, falls_without(2), order=range(5)).parts == (2,)


def test_pairs_are_found_and_known_to_be_smallest() -> None:
    seen = find_removal(20, falls_without(4, 17), order=range(20))
    assert seen.parts == (4, 17) and seen.smallest and seen.minimal and seen.tried <= 512


def test_large_sets_along_the_order() -> None:
    """In a good order the six parts come first, so that nothing needs to come back."""
    needed = (3, 8, 21, 40, 41, 47)
    good = find_removal(49, falls_without(*needed), order=[*needed, *(p for p in range(49) if p not in needed)])
    assert good.parts == needed and good.minimal and not good.smallest
    poor = find_removal(49, falls_without(*needed), order=range(49))
    assert poor.parts == needed and poor.minimal and poor.tried <= 512


def test_nothing_to_remove_and_nothing_that_helps() -> None:
    already = find_removal(4, lambda masks: np.ones(len(masks), dtype=bool), order=range(4))
    assert already.parts == () and already.smallest
    never = find_removal(4, lambda masks: np.zeros(len(masks), dtype=bool), order=range(4))
    assert never.parts is None and never.smallest and never.tried == 16
    unknown = find_removal(60, lambda masks: np.zeros(len(masks), dtype=bool), order=range(60))
    assert unknown.parts is None and not unknown.smallest and unknown.tried <= 512
    assert find_removal(0, lambda masks: np.zeros(len(masks), dtype=bool), order=[]).parts is None


def test_the_budget_ends_the_search() -> None:
    seen = find_removal(100, falls_without(*range(50, 100)), order=range(100), budget=210)
    assert seen.tried <= 210 and seen.parts is not None and not seen.minimal
    assert find_removal(100, falls_without(99), order=range(100), budget=10).parts is None


def test_batches_are_bounded() -> None:
    sizes = []

    def falls(masks: np.ndarray) -> np.ndarray:
        sizes.append(len(masks))
        return falls_without(1, 2, 3)(masks)

    find_removal(30, falls, order=range(30), at_once=32)
    assert max(sizes) <= 32


def test_the_order_must_be_one() -> None:
    with pytest.raises(ValueError, match="each of the 3 parts once"):
        find_removal(3, falls_without(0), order=[0, 0, 1])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**20), st.sampled_from([20, 60, 512]))
def test_against_trying_all(parts: int, seed: int, budget: int) -> None:
    """Sums below a threshold, with signs: removing more may let the item rise again."""
    rng = np.random.default_rng(seed)
    weights, threshold = rng.normal(size=parts) + 0.5, rng.normal()

    def falls(masks: np.ndarray) -> np.ndarray:
        return masks @ weights < threshold

    seen, size = find_removal(parts, falls, np.argsort(-weights), budget), brute(parts, falls)
    if seen.parts is None:
        assert size is None or not seen.smallest
        return
    mask = np.ones((1, parts), dtype=bool)
    mask[0, list(seen.parts)] = False
    assert falls(mask)[0] and size is not None and len(seen.parts) >= size
    assert not seen.smallest or len(seen.parts) == size
    if seen.minimal:
        for back in seen.parts:
            less = mask.copy()
            less[0, back] = True
            assert not falls(less)[0]
    if budget == 512:
        assert seen.smallest
