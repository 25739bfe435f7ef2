"""Hubs and shared neighbourhoods on spaces where they are known."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.metrics.hubs import occurrences
from mmalign_core.metrics.space import diagnostics, mutual_knn, uniformity
from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import EmbeddingSet

COSINE = SIMILARITIES.create("cosine")


def scoring(correction: str) -> Scoring:
    """Cosine under that correction."""
    return Scoring(COSINE, CORRECTIONS.create(correction), MATCHERS.create("argmax"))


def rows(modality: str, vectors: np.ndarray) -> EmbeddingSet:
    ids = tuple(f"{i:04d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, ids, vectors, "toy@1")


def normal(n: int, seed: int, dim: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, dim))


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.integers(0, 999))
def test_occurrences_count_how_often_each_target_is_among_the_best(m: int, n: int, k: int, seed: int) -> None:
    x, y = normal(m, seed), normal(n, seed + 1)
    found = occurrences(Scores(COSINE, x, y), k)
    order = np.argsort(-COSINE.block(x, y), axis=1)[:, :k]
    assert found.tolist() == [np.count_nonzero(order == j) for j in range(n)] and found.sum() == m * min(k, n)


def test_one_target_that_everybody_finds_is_the_largest_hub() -> None:
    x = normal(200, 1) + 2
    y = normal(200, 2)
    y[7] = 2
    found = diagnostics(rows("image", x), rows("text", y), scoring("none"))
    assert found["largest_hub"] == found["largest_hub_by_direction"]["image->text"] > 0.95
    assert found["largest_hub_by_direction"]["text->image"] < 0.5


def test_a_correction_shows_in_the_hubs() -> None:
    a, b = rows("image", normal(200, 1) + 1), rows("text", normal(200, 2) + 1)
    plain, corrected = (diagnostics(a, b, scoring(name)) for name in ("none", "csls"))
    assert corrected["largest_hub"] < 0.7 * plain["largest_hub"] and corrected["hubness"] < plain["hubness"]


def test_spaces_that_agree_score_1_and_unrelated_ones_0() -> None:
    x = normal(300, 1)
    turned = x @ np.linalg.qr(normal(8, 2))[0]
    same, unrelated = (
        mutual_knn(rows("image", x), rows("text", turned)),
        mutual_knn(rows("a", x), rows("b", normal(300, 3))),
    )
    assert same.observed == same.calibrated == 1 and same.p < 0.01
    assert abs(unrelated.calibrated) < 0.02 and unrelated.p > 0.05
    assert unrelated.expected == pytest.approx(10 / 299, rel=0.1)
    noisy = mutual_knn(rows("image", x), rows("text", x + 0.5 * normal(300, 4)))
    assert 0.1 < noisy.calibrated < noisy.observed < 0.9 and noisy.p < 0.01


def test_agreement_needs_no_shared_width_and_ignores_the_order_of_rows() -> None:
    x = normal(60, 1)
    a, b = rows("image", x), rows("text", np.hstack([x, np.zeros((60, 3))]))
    assert mutual_knn(a, b).observed == 1
    turn = np.random.default_rng(0).permutation(60)
    noisy = rows("text", x + normal(60, 5))
    assert mutual_knn(a, noisy.take(turn)) == mutual_knn(a, noisy) == mutual_knn(a.take(turn), noisy)


def test_a_collapsed_space_agrees_by_chance_alone() -> None:
    flat = np.ones((200, 4))
    found = [mutual_knn(rows("image", flat), rows("text", flat), seed=seed) for seed in range(20)]
    assert abs(np.mean([f.calibrated for f in found])) < 0.05
    assert np.mean([f.p < 0.05 for f in found]) < 0.4


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_few_items_give_finite_numbers(n: int) -> None:
    a, b = rows("image", normal(n, 1)), rows("text", normal(n, 2))
    found = diagnostics(a, b, scoring("csls"))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["largest_hub"] == 1 and found["hubness"] == 0
    assert 0 < found["mutual_knn_p"] <= 1
    apart = EmbeddingSet("text", ("x",), ("x",), np.ones((1, 8)), "toy@1")
    assert mutual_knn(a, apart).p == 1


def test_uniformity_is_told_of_each_modality() -> None:
    found = diagnostics(rows("image", np.ones((50, 8))), rows("text", normal(50, 1)), scoring("none"))
    by = found["uniformity_by_modality"]
    assert by["image"] == pytest.approx(0, abs=1e-5) and by["text"] < -1
    assert found["uniformity"] == pytest.approx((by["image"] + by["text"]) / 2)


def test_uniformity_leaves_out_rows_without_a_direction() -> None:
    x = np.random.default_rng(0).standard_normal((20, 2)) + 3
    alone = uniformity(rows("image", x))
    assert -1 < alone < -1e-3
    gaps = np.vstack([x, np.zeros((60, 2))])
    assert uniformity(rows("image", gaps)) == pytest.approx(alone, abs=1e-6)
    assert uniformity(rows("image", np.zeros((20, 2)))) == uniformity(rows("image", gaps[19:])) == 0


def test_uniformity_is_that_of_directions_whatever_the_lengths() -> None:
    x = normal(30, 1)
    longer = x * np.linspace(0.01, 900, 30)[:, None]
    assert uniformity(rows("image", longer)) == pytest.approx(uniformity(rows("image", x)), abs=1e-5)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    squared = ((unit[:, None] - unit[None]) ** 2).sum(-1)[np.triu_indices(30, 1)]
    assert uniformity(rows("image", longer)) == pytest.approx(np.log(np.exp(-2 * squared).mean()), abs=1e-5)
