"""Occlusion: what leaving parts out costs, alone or in windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmalign_core.explain.occlusion import grid_windows, occlusion, windows
from mmalign_core.types import BadInput

RNG = np.random.default_rng(0)
WEIGHTS = arrays(np.float64, st.integers(1, 40), elements=st.floats(-10, 10))


@given(WEIGHTS, st.floats(-5, 5))
def test_values_of_an_additive_score_are_its_weights(weights: np.ndarray, at_rest: float) -> None:
    values, score, rest = occlusion(len(weights), lambda masks: at_rest + masks @ weights)
    assert values == pytest.approx(weights, abs=1e-9)
    assert (score, rest) == pytest.approx((at_rest + weights.sum(), at_rest), abs=1e-9)


@given(WEIGHTS)
def test_rest_closes_the_sum_where_parts_overlap(weights: np.ndarray) -> None:
    values, score, rest = occlusion(len(weights), lambda masks: np.tanh(masks @ weights))
    assert values.sum() + rest == pytest.approx(score, abs=1e-9)


def test_parts_that_stand_in_for_each_other_are_seen_only_together() -> None:
    """A score that either of two neighbours alone upholds: leaving one out costs nothing, leaving both out does."""

    def either(masks: np.ndarray) -> np.ndarray:
        return masks[:, 2:4].any(axis=1).astype(float)

    assert not occlusion(6, either)[0].any()
    values, score, rest = occlusion(6, either, windows(6, 2))
    assert set(np.argsort(-values)[:2]) == {2, 3} and values[2] > 0
    assert values.sum() + rest == score == 1.0


def test_windows_cover_every_part_equally() -> None:
    assert windows(4, 1).tolist() == np.eye(4, dtype=bool).tolist()
    assert (windows(7, 3).sum(axis=0) == 3).all() and windows(7, 3).any(axis=1).all()
    groups = grid_windows(5, 4, 2)
    assert (groups.sum(axis=0) == 4).all() and groups.sum(axis=1).max() == 4
    largest = groups[groups.sum(axis=1) == 4][0].reshape(5, 4)
    assert largest[:2, :2].all() and largest.sum() == 4


def test_a_window_finds_the_spot_on_a_fine_grid() -> None:
    """Noise of single cells is larger than what one cell adds; the windows average it away."""
    weights = np.zeros((14, 14))
    weights[3:7, 8:12] = 1

    def blurred(masks: np.ndarray) -> np.ndarray:
        """The spot counts as seen while a quarter of it is."""
        return np.minimum(masks @ weights.ravel(), 12.0)

    assert not occlusion(196, blurred)[0].any()
    values = occlusion(196, blurred, grid_windows(14, 14, 3))[0].reshape(14, 14)
    assert values[4:6, 9:11].min() > 0 and values.argmax() in np.flatnonzero(weights.ravel())
    assert np.abs(values[10:]).max() == 0


def test_masks_come_in_batches_and_each_once() -> None:
    seen: list[np.ndarray] = []

    def scores(masks: np.ndarray) -> np.ndarray:
        seen.append(masks)
        return masks.sum(axis=1).astype(float)

    occlusion(40, scores, np.repeat(np.eye(40, dtype=bool), 3, axis=0), at_once=16)
    assert max(map(len, seen)) == 16 and sum(map(len, seen)) == 41


def test_no_parts_and_no_numbers() -> None:
    values, score, rest = occlusion(0, lambda masks: np.full(len(masks), 0.3))
    assert (len(values), score, rest) == (0, 0.3, 0.3)
    with pytest.raises(BadInput, match="not a finite number"):
        occlusion(3, lambda masks: np.where(masks.all(axis=1), np.nan, 1.0))
    with pytest.raises(ValueError, match="expected"):
        occlusion(3, lambda masks: masks.astype(float))
