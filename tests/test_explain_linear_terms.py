"""Exact maps and component shares: they are the cosine, whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmalign_core.explain.linear_terms import components, exact_map
from mmalign_core.types import BadInput

RNG = np.random.default_rng(0)
NUMBERS = st.floats(-100, 100, width=32)
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4))


@st.composite
def heads(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    t, d, k = draw(SHAPES)
    return tuple(draw(arrays(np.float64, shape, elements=NUMBERS)) for shape in ((t, d), (d,), (d, k), (k,)))


def cosine(u: np.ndarray, v: np.ndarray) -> float:
    return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))


@given(heads())
def test_values_and_rest_are_the_score_for_any_head(head: tuple[np.ndarray, ...]) -> None:
    values, rest, score = exact_map(*head)
    assert np.isfinite(values).all() and np.isfinite(rest) and abs(score) <= 1 + 1e-9
    assert values.sum() + rest == pytest.approx(score, abs=1e-5 * max(1.0, np.abs(values).sum()))


def test_the_score_is_the_cosine_of_the_pooled_place() -> None:
    steps, centre, linear = RNG.normal(size=(49, 12)), RNG.normal(size=12), RNG.normal(size=(12, 6))
    target, weights = RNG.normal(size=6), RNG.dirichlet(np.ones(49))
    for pooled, given_weights in ((steps.mean(0), None), (weights @ steps, weights)):
        values, rest, score = exact_map(steps, centre, linear, target, given_weights)
        assert score == pytest.approx(cosine((pooled - centre) @ linear, target))
        assert values.sum() + rest == pytest.approx(score)


def test_a_step_adds_what_it_holds_of_the_target() -> None:
    """Place (3, 4) has length 5; of the cosine 3/5 with (2, 0), the first step gives all."""
    values, rest, score = exact_map(np.array([[6.0, 0.0], [0.0, 8.0]]), np.zeros(2), np.eye(2), np.array([2.0, 0.0]))
    assert values == pytest.approx([0.6, 0.0]) and (rest, score) == pytest.approx((0, 0.6), abs=1e-12)


def test_a_place_next_to_the_centre_still_sums() -> None:
    """The values are a hundred million times the score, and what rounding leaves is in the rest."""
    steps = RNG.normal(size=(30, 8)) * 100
    centre = steps.mean(axis=0) + 1e-6 * RNG.normal(size=8)
    values, rest, score = exact_map(steps, centre, RNG.normal(size=(8, 3)), RNG.normal(size=3))
    assert np.abs(values).max() > 1e6 and values.sum() + rest == pytest.approx(score, abs=1e-5)


def test_the_centre_is_the_rest() -> None:
    values, rest, score = exact_map(np.array([[1.0, 1.0]]), np.array([-2.0, 1.0]), np.eye(2), np.array([1.0, 0.0]))
    assert (values[0], rest, score) == pytest.approx((1 / 3, 2 / 3, 1.0))


@pytest.mark.parametrize("steps", [np.zeros((4, 3)), np.zeros((0, 3))])
def test_a_place_of_length_zero_scores_zero(steps: np.ndarray) -> None:
    values, rest, score = exact_map(steps, np.zeros(3), np.eye(3), np.ones(3))
    assert len(values) == len(steps) and not values.any() and rest == score == 0


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(BadInput, match="do not fit together"):
        exact_map(np.ones((4, 3)), np.ones(3), np.ones((2, 2)), np.ones(2))
    with pytest.raises(BadInput, match="NaN"):
        exact_map(np.full((4, 3), np.nan), np.ones(3), np.ones((3, 2)), np.ones(2))
    with pytest.raises(BadInput, match="cannot be compared"):
        components(np.array([np.inf, 1]), np.ones(2))


@given(arrays(np.float64, (3, 7), elements=NUMBERS), st.integers(0, 9))
def test_shares_of_components_are_the_dot_product(rows: np.ndarray, most: int) -> None:
    u, v, weights = rows
    found = components(u, v, most, weights)
    assert found.score == pytest.approx(float((u * v * weights).sum()))
    total = sum(share for _, share in found.parts) + found.rest
    assert total == pytest.approx(found.score, abs=1e-5 * max(1.0, np.abs(u * v * weights).sum()))
    sizes = [abs(share) for _, share in found.parts]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) <= most and all(sizes)


def test_components_name_what_the_places_share() -> None:
    found = components(np.array([1.0, 2.0, 0.0, -1.0]), np.array([1.0, 3.0, 5.0, 2.0]), most=2)
    assert found.parts == ((1, 6.0), (3, -2.0)) and found.rest == 1.0 and found.score == 5.0
