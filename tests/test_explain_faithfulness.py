"""Faithfulness: `better` is earned by true maps and only rarely by drawn ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmalign_core.explain.faithfulness import comparison, faithfulness, pooled, verdict
from mmalign_core.explain.masks import Faithfulness

WEIGHTS = np.array([5.0, -3.0, 2.0, 1.0, 0.5, -0.5, 0.2, 3.0, -1.0, 0.1])


def additive(weights: np.ndarray):
    return lambda masks: masks @ weights


def found(advantage: float, low: float, high: float) -> Faithfulness:
    return Faithfulness(0.1, 0.1 + advantage, 0.2, 0.2, advantage, (low, high), 20)


def test_curves_are_petsiuks() -> None:
    """Two parts that add 3 and 1: going 4, 1, 0; coming 0, 3, 4; areas by hand."""
    seen = faithfulness(np.array([3.0, 1.0]), additive(np.array([3.0, 1.0])))
    assert (seen.deletion, seen.insertion) == pytest.approx(((4 + 1) / 4 + (1 + 0) / 4, (0 + 3) / 4 + (3 + 4) / 4))
    assert seen.advantage == pytest.approx(1.0)


@pytest.mark.parametrize("orders", [8, 20])
def test_the_true_map_is_better_and_its_opposite_is_not(orders: int) -> None:
    assert faithfulness(WEIGHTS, additive(WEIGHTS), orders=orders).better
    worst = faithfulness(-WEIGHTS, additive(WEIGHTS), orders=orders)
    assert not worst.better and worst.interval[1] < 0 and verdict(worst).startswith("no better than a random order")


def test_random_orders_have_no_advantage_over_themselves() -> None:
    seen = faithfulness(WEIGHTS, lambda masks: np.tanh(masks @ WEIGHTS))
    assert seen.random_deletion == pytest.approx(seen.random_insertion)
    assert seen.advantage == pytest.approx(seen.insertion - seen.deletion)
    truth = faithfulness(WEIGHTS, lambda masks: np.tanh(masks @ WEIGHTS), orders=4000)
    assert seen.random_deletion == pytest.approx(truth.random_deletion, abs=0.15)


@pytest.mark.parametrize("orders", [6, 20])
@pytest.mark.parametrize("bent", [False, True])
def test_random_maps_are_called_better_in_a_fortieth_of_cases(orders: int, bent: bool) -> None:
    """Binomial: of 600 draws at 2.5% more than 27 come once in a thousand."""
    rng = np.random.default_rng(orders)
    called = 0
    for seed in range(600):
        weights = rng.normal(size=12) ** 3
        scores = (lambda masks, w=weights: np.tanh(masks @ w)) if bent else additive(weights)
        called += faithfulness(rng.normal(size=12), scores, seed, orders).better
    assert called <= 27


def test_equal_values_are_no_order() -> None:
    """Were ties broken by place, a flat map would win wherever the first words matter most."""
    first_matters = np.exp(-np.arange(12.0))
    flat = [faithfulness(np.zeros(12), additive(first_matters), seed) for seed in range(40)]
    assert sum(f.better for f in flat) <= 4
    assert abs(np.mean([f.advantage for f in flat])) < 0.5


def test_a_constant_score_shows_nothing() -> None:
    seen = faithfulness(WEIGHTS, lambda masks: np.full(len(masks), 0.7))
    assert (seen.advantage, seen.interval, seen.better) == (0.0, (0.0, 0.0), False)


@pytest.mark.parametrize("parts", [0, 1])
def test_too_few_parts_to_order(parts: int) -> None:
    seen = faithfulness(np.ones(parts), lambda masks: masks.sum(axis=1) + 1.0)
    assert not seen.better and np.isfinite([seen.deletion, seen.insertion, *seen.interval]).all()


@settings(max_examples=50)
@given(arrays(np.float64, st.integers(2, 70), elements=st.floats(-10, 10)), st.integers(2, 70), st.integers(0, 25))
def test_always_finite_and_within_cost(values: np.ndarray, steps: int, orders: int) -> None:
    tried = []

    def scores(masks: np.ndarray) -> np.ndarray:
        tried.append(len(masks))
        return np.cos(masks @ values)

    seen = faithfulness(values, scores, orders=orders, steps=steps)
    assert np.isfinite([seen.deletion, seen.insertion, seen.random_deletion, *seen.interval]).all()
    assert seen.interval[0] <= seen.advantage <= seen.interval[1]
    assert sum(tried) <= 2 * (steps + 2) * (orders + 1) and max(tried) <= 256


def test_chunks_measure_the_same_as_single_parts() -> None:
    weights = np.random.default_rng(1).normal(size=200)
    fine, coarse = (faithfulness(weights, additive(weights), steps=steps) for steps in (200, 20))
    assert fine.better and coarse.better
    assert coarse.advantage == pytest.approx(fine.advantage, rel=0.05)


def test_the_seed_decides() -> None:
    def seen(seed: int) -> Faithfulness:
        return faithfulness(WEIGHTS, additive(WEIGHTS), seed)

    assert seen(3) == seen(3) != seen(4)


def test_pooling_shows_what_single_short_texts_cannot() -> None:
    """One word of six matters: a random order finds it first too often for one text, not for forty."""
    rng = np.random.default_rng(0)
    single = []
    for seed in range(40):
        weights = np.zeros(6)
        weights[rng.integers(6)] = 1
        single.append(faithfulness(weights, additive(weights), seed))
    assert not any(f.better for f in single)
    together = pooled(single)
    assert together.better and together.orders == 800
    assert together.advantage == pytest.approx(np.mean([f.advantage for f in single]))


def test_pooled_random_maps_are_not_better() -> None:
    rng = np.random.default_rng(5)
    called = 0
    for _ in range(120):
        items = [faithfulness(rng.normal(size=6), additive(rng.normal(size=6)), orders=2) for _ in range(25)]
        called += pooled(items).better
    assert called <= 10


def test_pooling_one_or_none() -> None:
    assert pooled([found(1, 0, 2)]) == found(1, 0, 2)
    with pytest.raises(ValueError, match="at least one item"):
        pooled([])


def test_three_words_are_too_few_to_tell_and_it_is_said_so() -> None:
    """“red” plainly is the cause, and still 20 random orders of three words hold the map's own order."""
    weights = np.array([0.0, 1.0, 0.0])
    seen = faithfulness(weights, additive(weights))
    assert not seen.better
    assert verdict(seen, 3) == "not compared with random orders: 3 parts are too few to tell"
    assert comparison(seen, 1).endswith("1 part is too few to tell")
    assert comparison(seen, 5) == "not shown to be better than a random order"


def test_verdicts() -> None:
    assert verdict(found(0.12, 0.08, 0.15)) == (
        "better than a random order: advantage +0.120 (95% +0.080 to +0.150, 20 orders)"
    )
    assert verdict(found(0.12, -0.08, 0.3)).startswith("not shown to be better than a random order: ")
    assert verdict(found(-0.1, -0.2, 0.1)).startswith("no better than a random order: ")
