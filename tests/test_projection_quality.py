"""How far a map keeps neighbours: scikit-learn as the oracle, and what a random map would keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

from mmalign_core.projection import map_quality, project
from mmalign_core.projection.quality import by_chance


@settings(max_examples=20, deadline=None)
@given(n=st.integers(8, 80), seed=st.integers(0, 1000), metric=st.sampled_from(["cosine", "euclidean"]))
def test_trustworthiness_equals_scikit_learn(n: int, seed: int, metric: str) -> None:
    rng = np.random.default_rng(seed)
    rows, flat = rng.normal(size=(n, 6)).astype("f4"), rng.normal(size=(n, 2)).astype("f4")
    quality = map_quality(rows, flat, metric=metric)
    wanted = sklearn_trustworthiness(rows, flat, n_neighbors=quality.k, metric=metric)
    one_rank = 2 / (n * quality.k * (2 * n - 3 * quality.k - 1))  # a pair equal within rounding may swap
    assert quality.trustworthiness == pytest.approx(wanted, abs=1.01 * one_rank)
    assert quality.n == n and 0 <= quality.neighbour_overlap <= 1


def test_quality_of_a_perfect_and_of_a_random_map() -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(3000, 2)).astype("f4")
    perfect, chance = (map_quality(flat, m, metric="euclidean") for m in (flat, rng.permutation(flat)))
    assert perfect.trustworthiness == 1.0 and perfect.neighbour_overlap == 1.0 and perfect.n == 1000
    expected = by_chance(3000, chance.k)
    assert (chance.trustworthiness, chance.neighbour_overlap) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("n", [4, 12, 24])
def test_random_maps_of_few_points_have_the_quality_expected_by_chance(n: int) -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(n, 2)).astype("f4")
    found = [map_quality(flat, rng.permutation(flat), metric="euclidean") for _ in range(300)]
    means = np.mean([(quality.trustworthiness, quality.neighbour_overlap) for quality in found], axis=0)
    assert means == pytest.approx(by_chance(n, found[0].k), abs=0.04)


def test_single_row_has_no_quality() -> None:
    drawn = project(np.ones((1, 4), np.float32))
    assert np.isnan(drawn.trustworthiness) and drawn.quality_n == 0


def test_a_map_says_whether_it_keeps_more_neighbours_than_a_random_one() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 5)).astype("f4")
    drawn = project(rows)
    assert drawn.better_than_chance and drawn.by_chance == by_chance(60, drawn.quality_k)
    kept = replace(drawn, neighbour_overlap=drawn.by_chance[1])
    assert not kept.better_than_chance and not project(rows[:2]).better_than_chance
