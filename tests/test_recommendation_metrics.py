"""Ranking metrics against a brute-force oracle and closed forms; ties never help; lists as a person sees them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.metrics.bootstrap import difference, interval, resampled_means
from mmalign_core.metrics.recommendation import (
    NOBODY,
    best_lists,
    coverage,
    diversity,
    novelty,
    right_ranks,
    user_metrics,
    wrong_above,
)


def trial(seed: int, users: int = 7, items: int = 15) -> tuple[np.ndarray, list[list[int]]]:
    """Scores with many ties and some items that are no candidates; right answers of each user, at least one."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 4, (users, items)).astype(float)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    right = []
    for row in scores:
        open_items = np.flatnonzero(np.isfinite(row))
        right.append(sorted(rng.choice(open_items, min(len(open_items), rng.integers(1, 5)), replace=False).tolist()))
    return scores, right


def oracle(scores: np.ndarray, right: list[int], k: int) -> dict[str, float]:
    """One user, item by item: wrong items go before right ones of the same score."""
    order = sorted(np.flatnonzero(np.isfinite(scores)), key=lambda i: (-scores[i], i in right))
    hits = [place for place, item in enumerate(order, 1) if item in right]
    gain = sum(1 / math.log2(1 + rank) for rank in hits if rank <= k)
    return {
        f"recall@{k}": sum(rank <= k for rank in hits) / len(right),
        f"ndcg@{k}": gain / sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(right)) + 1)),
        "mrr": 1 / hits[0],
        f"hit@{k}": float(hits[0] <= k),
    }


def measured(scores: np.ndarray, right: list[list[int]], k: int) -> dict[str, np.ndarray]:
    rows = np.array([user for user, items in enumerate(right) for _ in items])
    columns = np.array([item for items in right for item in items])
    return user_metrics(right_ranks(wrong_above(scores, rows, columns), rows), rows, k)


@given(st.integers(0, 10_000), st.integers(1, 20))
def test_metrics_are_those_of_the_oracle(seed: int, k: int) -> None:
    scores, right = trial(seed)
    found = measured(scores, right, k)
    for user, items in enumerate(right):
        expected = oracle(scores[user], items, k)
        assert {name: values[user] for name, values in found.items()} == pytest.approx(expected)


@given(st.integers(0, 10_000))
def test_order_of_events_and_of_items_does_not_matter_and_recall_grows_with_k(seed: int) -> None:
    scores, right = trial(seed)
    rng = np.random.default_rng(seed)
    moved = rng.permutation(scores.shape[1])
    place = np.argsort(moved)
    mixed = [rng.permutation(place[items]).tolist() for items in right]
    before, after = (measured(*one, 4) for one in ((scores, right), (scores[:, moved], mixed)))
    for name, values in before.items():
        assert values.tolist() == pytest.approx(after[name].tolist())
    recalls = [measured(scores, right, k)[f"recall@{k}"] for k in range(1, 16)]
    assert all(np.all(a <= b) for a, b in pairwise(recalls)) and np.all(recalls[-1] == 1)


def test_ties_never_help_and_rounding_makes_ties() -> None:
    flat = np.zeros((1, 50))
    assert measured(flat, [[0]], 10)["mrr"] == 1 / 50 and measured(flat, [[0, 1]], 10)["recall@10"] == 0
    nearly = np.full((1, 50), 1.0)
    nearly[0, 0] += 1e-9
    assert measured(nearly, [[0]], 10)["mrr"] == 1 / 50
    nearly[0, 0] += 1e-4
    assert measured(nearly, [[0]], 10)["mrr"] == 1


def test_a_part_of_the_right_answers_is_not_pushed_down_by_the_others() -> None:
    scores = np.array([[9.0, 8, 7, 6, 5]])
    rows, columns = np.array([0, 0, 0]), np.array([0, 1, 3])
    wrong = wrong_above(scores, rows, columns)
    assert wrong.tolist() == [0, 0, 1] and right_ranks(wrong, rows).tolist() == [1, 2, 4]
    assert right_ranks(wrong[2:], rows[2:]).tolist() == [2]


def test_random_scores_reach_what_chance_expects() -> None:
    rng, users, items, k = np.random.default_rng(0), 4000, 40, 10
    found = measured(rng.random((users, items)), [[int(i)] for i in rng.integers(0, items, users)], k)
    ranks = np.arange(1, items + 1)
    expected = {
        "recall@10": k / items,
        "mrr": float(np.mean(1 / ranks)),
        "ndcg@10": float(np.mean(np.where(ranks <= k, 1 / np.log2(1 + ranks), 0))),
    }
    for name, value in expected.items():
        assert found[name].mean() == pytest.approx(value, abs=4 * found[name].std() / math.sqrt(users))


def test_nobody_asked_gives_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert wrong_above(np.zeros((0, 3)), none, none).tolist() == [] and right_ranks(none, none).tolist() == []
    assert resampled_means({"mrr": np.zeros(0)}) == {}


@given(st.integers(0, 10_000), st.integers(1, 20))
def test_lists_hold_the_best_in_the_order_of_the_items(seed: int, k: int) -> None:
    scores, _ = trial(seed)
    for row, found in zip(scores, best_lists(scores, k)):
        order = sorted(np.flatnonzero(np.isfinite(row)), key=lambda i: (-row[i], i))[:k]
        assert found.tolist() == [*order, *[NOBODY] * (k - len(order))]


def test_coverage_novelty_and_diversity_of_known_lists() -> None:
    lists = np.array([[0, 1], [1, 2], [3, NOBODY]])
    assert coverage(lists, 8) == 0.5
    popularity = np.array([7, 3, 0, 1, 0, 0, 0, 0])
    assert novelty(lists, popularity, 7).tolist() == pytest.approx([0.5, 2.0, 2.0])
    text = np.array([[1.0, 0], [0, 1], [0, 1], [1, 0]])
    image = np.array([[2.0, 0, 0], [2, 0, 0], [0, 0, 0], [1, 0, 0]])
    assert diversity(lists, {"text": text}).tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert diversity(lists, {"text": text, "image": image}).tolist() == pytest.approx([0.5, 0.0, 0.0])
    assert diversity(lists, {}).tolist() == [1.0, 1.0, 0.0]


@given(st.integers(0, 10_000))
def test_diversity_is_one_less_the_mean_cosine(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, lists = rng.normal(size=(9, 4)), np.stack([rng.permutation(9)[:5] for _ in range(3)])
    unit = places / np.linalg.norm(places, axis=1, keepdims=True)
    expected = [1 - np.mean([unit[a] @ unit[b] for a in row for b in row if a != b]) for row in lists]
    assert diversity(lists, {"image": places}).tolist() == pytest.approx(expected)


def test_intervals_hold_the_mean_and_paired_draws_cancel() -> None:
    rng = np.random.default_rng(1)
    ours = rng.random(400)
    drawn = resampled_means({"a": ours, "b": ours + 0.01}, seed=3)
    low, high = interval(drawn["a"])
    assert low < ours.mean() < high and high - low == pytest.approx(4 * ours.std() / 20, rel=0.15)
    apart = difference(0.01, drawn["b"] - drawn["a"])
    assert apart["low"] == pytest.approx(0.01) == apart["high"] and apart["p"] < 0.01
    again = resampled_means({"a": ours}, seed=3)["a"]
    assert again.tolist() == pytest.approx(drawn["a"].tolist())
    assert not np.allclose(again, resampled_means({"a": ours}, seed=4)["a"])
