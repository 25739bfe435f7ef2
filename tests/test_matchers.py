"""Contract of every registered matcher, and each one against a decision made by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.corrections import Scores
from mmalign_core.matchers import MATCHERS
from mmalign_core.similarities import SIMILARITIES
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
    assert chosen.rule == "threshold(threshold=0.3, limit=3)"


def test_a_threshold_nobody_reaches_leaves_all_undecided() -> None:
    scores, _ = scores_of(5, 5, 1)
    assert len(MATCHERS.create("threshold", threshold=1.1).match(scores).sources) == 0
    with pytest.raises(BadInput, match="limit"):
        MATCHERS.create("threshold", limit=0)
