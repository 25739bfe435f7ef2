"""Contract of every registered matcher, and each one against a decision made by brute force."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput

by_matcher = pytest.mark.parametrize("name", MATCHERS.names())
sizes = given(st.integers(1, 25), st.integers(1, 25), st.integers(0, 999))


def scores_of(m: int, n: int, seed: int) -> tuple[Scores, np.ndarray]:
    rng = np.random.default_rng(seed)
    sources, targets = (rng.standard_normal((rows, 4)).astype(np.float32) for rows in (m, n))
    similarity = SIMILARITIES.create("cosine")
    return Scores(similarity, sources, targets), similarity.block(sources, targets)


@by_matcher
@settings(deadline=None, max_examples=20)
@sizes
def test_pairs_are_in_range_repeatable_and_scored_as_the_scores_say(name: str, m: int, n: int, seed: int) -> None:
    scores, block = scores_of(m, n, seed)
    first, second = MATCHERS.create(name).match(scores), MATCHERS.create(name).match(scores)
    np.testing.assert_array_equal(first.targets, second.targets)
    assert len(first.sources) == len(first.targets) == len(first.scores)
    assert (np.diff(first.sources) >= 0).all()
    np.testing.assert_allclose(first.scores, block[first.sources, first.targets], atol=1e-5)


@by_matcher
def test_each_has_a_line_about_it_and_refuses_unknown_parameters(name: str) -> None:
    matcher = MATCHERS.create(name)
    assert matcher.summary and isinstance(matcher.transductive, bool) and matcher.rule.startswith(name)
    with pytest.raises(BadInput, match="unknown parameter"):
        MATCHERS.create(name, nonsense=1)


@by_matcher
@pytest.mark.parametrize(("m", "n"), [(0, 3), (3, 0), (0, 0)])
def test_nothing_matches_nothing(name: str, m: int, n: int) -> None:
    empty = Scores(SIMILARITIES.create("cosine"), np.ones((m, 2), np.float32), np.ones((n, 2), np.float32))
    assert len(MATCHERS.create(name).match(empty).sources) == 0


@by_matcher
@settings(deadline=None, max_examples=20)
@sizes
def test_the_order_of_rows_does_not_change_who_belongs_to_whom(name: str, m: int, n: int, seed: int) -> None:
    scores, _ = scores_of(m, n, seed)
    rows, columns = (np.random.default_rng(seed + 1).permutation(size) for size in (m, n))
    moved = MATCHERS.create(name).match(Scores(scores.similarity, scores.sources[rows], scores.targets[columns]))
    plain = MATCHERS.create(name).match(scores)
    pairs = set(zip(rows[moved.sources].tolist(), columns[moved.targets].tolist()))
    assert pairs == set(zip(plain.sources.tolist(), plain.targets.tolist()))


@settings(deadline=None, max_examples=30)
@sizes
def test_decisions_equal_brute_force(m: int, n: int, seed: int) -> None:
    scores, block = scores_of(m, n, seed)
    best, back = block.argmax(1), block.argmax(0)
    found = {name: MATCHERS.create(name).match(scores) for name in ("argmax", "mutual")}
    assert found["argmax"].targets.tolist() == best.tolist()
    mutual = [(i, int(j)) for i, j in enumerate(best) if back[j] == i]
    assert list(zip(found["mutual"].sources.tolist(), found["mutual"].targets.tolist())) == mutual
    chosen = MATCHERS.create("threshold", threshold=0.3, limit=3).match(scores)
    expected = {(i, int(j)) for i in range(m) for j in np.argsort(-block[i])[:3] if block[i, j] >= 0.3}
    assert set(zip(chosen.sources.tolist(), chosen.targets.tolist())) == expected
    assert chosen.rule.startswith("threshold(threshold=0.3") and "limit=3" in chosen.rule


def test_a_threshold_nobody_reaches_leaves_all_undecided() -> None:
    scores, _ = scores_of(5, 5, 1)
    assert len(MATCHERS.create("threshold", threshold=1.1).match(scores).sources) == 0
    with pytest.raises(BadInput, match="limit"):
        MATCHERS.create("threshold", limit=0)


def assignments(m: int, n: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every one-to-one assignment of the smaller side."""
    if m <= n:
        return [(tuple(range(m)), chosen) for chosen in permutations(range(n), m)]
    return [(chosen, tuple(range(n))) for chosen in permutations(range(m), n)]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 999))
def test_hungarian_is_the_best_of_all_assignments(m: int, n: int, seed: int) -> None:
    scores, block = scores_of(m, n, seed)
    found = MATCHERS.create("hungarian").match(scores)
    assert len(set(found.sources.tolist())) == len(set(found.targets.tolist())) == len(found.sources) == min(m, n)
    best = max(block[rows, columns].sum() for rows, columns in assignments(m, n))
    assert found.scores.sum() == pytest.approx(best, abs=1e-4)


def sinkhorn_oracle(block: np.ndarray, tau: float, rounds: int) -> np.ndarray:
    """Rows and columns scaled in turn, in logarithms; a row of zeros takes the surplus of targets."""
    m, n = block.shape
    masses = np.full(m, 1 / max(m, n))
    if n > m:
        block, masses = np.vstack([block, np.zeros(n)]), np.append(masses, (n - m) / n)
    plan = block.astype(float) / tau
    for _ in range(rounds):
        plan += np.log(masses)[:, None] - np.logaddexp.reduce(plan, axis=1, keepdims=True)
        plan -= np.logaddexp.reduce(plan, axis=0, keepdims=True) + np.log(n)
    return np.exp(plan)[:m]


@settings(deadline=None, max_examples=20)
@sizes
def test_the_sinkhorn_plan_has_uniform_marginals_and_is_the_textbooks(m: int, n: int, seed: int) -> None:
    scores, block = scores_of(m, n, seed)
    matcher = MATCHERS.create("sinkhorn", tau=0.3)
    plan = matcher.plan(block)
    np.testing.assert_allclose(plan.sum(1), 1 / max(m, n), atol=1e-5)
    if m >= n:
        np.testing.assert_allclose(plan.sum(0), 1 / n, atol=1e-5)
    assert (plan.sum(0) < 1 / n + 1e-5).all()
    np.testing.assert_allclose(plan, sinkhorn_oracle(block, 0.3, 1000), atol=1e-5)
    found = matcher.match(scores)
    assert found.targets.tolist() == plan.argmax(1).tolist() and found.sources.tolist() == list(range(m))


def test_one_query_alone_takes_its_best_target() -> None:
    for seed in range(20):
        scores, block = scores_of(1, 9, seed)
        for name in ("hungarian", "sinkhorn"):
            assert MATCHERS.create(name).match(scores).targets.tolist() == [block.argmax()]


def test_a_low_tau_assigns_as_hungarian_and_a_high_one_still_decides() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((30, 16)).astype(np.float32)
    y = x + 0.4 * rng.standard_normal((30, 16)).astype(np.float32)
    scores = Scores(SIMILARITIES.create("cosine"), x, y)
    assigned = MATCHERS.create("hungarian").match(scores)
    for tau in (0.002, 0.02):
        found = MATCHERS.create("sinkhorn", tau=tau, iterations=20_000).match(scores)
        assert found.targets.tolist() == assigned.targets.tolist()
    assert np.isfinite(MATCHERS.create("sinkhorn", tau=100).match(scores).scores).all()


@pytest.mark.parametrize("similarity", ["dot", "euclidean"])
@pytest.mark.parametrize("length", [1e-3, 1.0, 10.0, 1e4])
@pytest.mark.parametrize(("m", "n"), [(12, 9), (9, 12), (100, 100)])
def test_sinkhorn_stays_finite_and_whole_on_any_scale(similarity: str, length: float, m: int, n: int) -> None:
    rng = np.random.default_rng(4)
    x, y = (length * rng.standard_normal((rows, 6)).astype(np.float32) for rows in (m, n))
    matcher = MATCHERS.create("sinkhorn", tau=0.0001 if length == 10 else 0.05)
    plan = matcher.plan(Scores(SIMILARITIES.create(similarity), x, y).dense())
    np.testing.assert_allclose(plan.sum(1), 1 / max(m, n), rtol=0.05)
    assert np.isfinite(plan).all() and (plan.sum(0) < 1.05 / n).all()


@pytest.mark.parametrize("name", ["hungarian", "sinkhorn"])
def test_too_many_scores_are_refused_with_a_cure(name: str) -> None:
    matcher = MATCHERS.create(name)
    assert matcher.transductive
    matcher.check_sizes(5000, 5000)
    with pytest.raises(BadInput, match=r"20,000 x 10,000 are 200,000,000 scores.*choose 'mutual'"):
        matcher.check_sizes(20_000, 10_000)
    thin = np.zeros((20_000, 1), np.float32)
    with pytest.raises(BadInput, match="fewer items"):
        matcher.match(Scores(SIMILARITIES.create("dot"), thin, thin))


@by_matcher
def test_any_number_of_items_suits_a_matcher_that_streams(name: str) -> None:
    if name not in ("hungarian", "sinkhorn"):
        MATCHERS.create(name).check_sizes(10**7, 10**7)


@by_matcher
@pytest.mark.parametrize("correction", CORRECTIONS.names())
def test_every_matcher_takes_every_correction(name: str, correction: str) -> None:
    plain, _ = scores_of(9, 14, 5)
    scores = CORRECTIONS.create(correction).scores(plain.similarity, plain.sources, plain.targets)
    found = MATCHERS.create(name).match(scores)
    (_, block), *_ = scores.iter_blocks()
    np.testing.assert_allclose(found.scores, block[found.sources, found.targets], atol=1e-5)


def test_clip_is_assigned_as_well_as_is_known(shared_data: Path) -> None:
    images, texts = np.load(shared_data / "clip_embeddings_coco500" / "features_clip.npy")
    for x, y in ((images, texts), (texts, images)):
        found = MATCHERS.create("hungarian").match(Scores(SIMILARITIES.create("cosine"), x, y))
        assert round(float(np.mean(found.targets == found.sources)), 6) == 0.648
