"""Two aligners compared query by query: nothing for equal ones, the right interval for a known difference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.metrics.bootstrap import paired_bootstrap
from mmalign_core.metrics.retrieval import Direction, Outcome
from mmalign_core.types import BadInput


def direction(ranks: np.ndarray, items: list[str] | None = None) -> Direction:
    items = items or [f"{i:04d}" for i in range(len(ranks))]
    keys = tuple(f"key{i}" for i in range(len(ranks)))
    outcome = Outcome(np.asarray(ranks), np.asarray(ranks) == 1)
    return Direction(tuple(items), keys, outcome, outcome, 100, 0)


def hits(share: float, n: int, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(n) < share, 1, 20)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 60), st.integers(0, 999))
def test_equal_outcomes_differ_by_nothing_for_certain(n: int, seed: int) -> None:
    same = direction(np.random.default_rng(seed).integers(1, 50, n))
    for found in paired_bootstrap(same, same, resamples=100).values():
        assert found == {"difference": 0, "low": 0, "high": 0, "p": 1}


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 60), st.integers(0, 999))
def test_swapping_the_two_turns_the_sign_and_keeps_p(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (direction(rng.integers(1, 30, n)) for _ in range(2))
    there, back = paired_bootstrap(a, b, resamples=100), paired_bootstrap(b, a, resamples=100)
    for name, found in there.items():
        other = back[name]
        assert found["difference"] == -other["difference"] and found["p"] == other["p"]
        assert found["low"] == pytest.approx(-other["high"]) and 0 < found["p"] <= 1


def test_a_known_difference_is_found_and_its_interval_is_the_one_theory_gives() -> None:
    n = 2000
    a, b = hits(0.6, n, 1), hits(0.5, n, 2)
    found = paired_bootstrap(direction(a), direction(b))["recall@1"]
    gap = (a == 1).astype(float) - (b == 1)
    assert found["difference"] == pytest.approx(gap.mean())
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * gap.std() / n**0.5, rel=0.12)
    assert found["low"] > 0 and found["p"] < 0.01


def test_pairing_finds_what_two_separate_intervals_would_hide() -> None:
    b = hits(0.5, 400, 3)
    a = b.copy()
    a[np.flatnonzero(b != 1)[:8]] = 1
    found = paired_bootstrap(direction(a), direction(b))["recall@1"]
    assert found["low"] > 0 and found["high"] - found["low"] < 0.03


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        a, b = direction(hits(0.6, 150, 2 * seed)), direction(hits(0.5, 150, 2 * seed + 1))
        found = paired_bootstrap(a, b, seed=seed, resamples=200)["recall@1"]
        covered += found["low"] <= 0.1 <= found["high"]
    assert 88 <= covered <= 99


def test_captions_of_one_item_are_drawn_together() -> None:
    a, b = np.repeat(hits(0.6, 100, 4), 5), np.repeat(hits(0.5, 100, 5), 5)
    apart = paired_bootstrap(direction(a), direction(b))["recall@1"]
    items = [f"{i // 5:03d}" for i in range(500)]
    together = paired_bootstrap(direction(a, items), direction(b, items))["recall@1"]
    assert together["high"] - together["low"] > 1.7 * (apart["high"] - apart["low"])


def test_the_order_of_the_queries_does_not_matter_but_the_queries_do() -> None:
    a, b = direction(hits(0.6, 50, 6)), direction(hits(0.5, 50, 7))
    turn = np.random.default_rng(0).permutation(50)
    moved = Direction(
        tuple(b.items[i] for i in turn),
        tuple(b.keys[i] for i in turn),
        Outcome(b.outcome.ranks[turn], b.outcome.correct[turn]),
        b.shuffled,
        100,
        0,
    )
    assert paired_bootstrap(a, moved) == paired_bootstrap(a, b)
    with pytest.raises(BadInput, match="same queries"):
        paired_bootstrap(a, direction(np.ones(49, int)))
    with pytest.raises(BadInput, match="same queries"):
        paired_bootstrap(a, Direction(b.items, b.keys, b.outcome, b.shuffled, 99, 0))


def test_no_queries_give_nothing_to_compare() -> None:
    empty = direction(np.empty(0, int))
    assert paired_bootstrap(empty, empty) == {}
