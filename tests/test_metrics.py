"""Retrieval metrics: ranks against a brute-force oracle, and what must never change or never help."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmalign_core.metrics.outcomes import outcomes
from mmalign_core.metrics.ranking import measure_direction
from mmalign_core.metrics.retrieval import Outcome, right_answers
from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import EmbeddingSet

seeds = given(st.integers(0, 10_000))
few = settings(deadline=None, max_examples=25)


def two_sets(seed: int, items: int = 12, dim: int = 5, captions: int = 2) -> tuple[EmbeddingSet, EmbeddingSet]:
    """Texts (several an item, some of identical content) and images; some items lack one of them."""
    rng = np.random.default_rng(seed)
    owners = [f"i{k}" for k in rng.integers(0, items, captions * items)]
    contents = rng.integers(0, 2 * items, len(owners))
    words = rng.standard_normal((2 * items, dim))
    texts = EmbeddingSet("text", tuple(owners), tuple(f"t{k}" for k in contents), words[contents], "toy@1")
    ids = tuple(f"i{k}" for k in range(items) if k % 5)
    images = EmbeddingSet("image", ids, tuple(f"p{k}" for k in ids), rng.standard_normal((len(ids), dim)), "toy@1")
    return texts, images


def oracle(sources: EmbeddingSet, targets: EmbeddingSet, name: str) -> tuple[list[int], list[bool]]:
    """Ranks and argmax decisions of the answerable queries, one candidate at a time in float64.

    Draws in which a wrong candidate all but ties with the best right one, which float32 cannot tell, do not count.
    """
    ranks, correct = [], []
    for item, content, query in zip(sources.ids, sources.keys, sources.vectors.astype(float)):
        if item not in targets.ids:
            continue
        alike = {other for other, key in zip(sources.ids, sources.keys) if key == content}
        own = {key for owner, key in zip(targets.ids, targets.keys) if owner in alike}
        scores = [like(name, query, c) for c in targets.vectors.astype(float)]
        right = [key in own for key in targets.keys]
        best = max(s for s, r in zip(scores, right) if r)
        assume(not any(1e-9 < abs(s - best) < 1e-4 for s in scores))
        ranks.append(1 + sum(s >= best - 1e-9 for s, r in zip(scores, right) if not r))
        correct.append(ranks[-1] == 1)
    return ranks, correct


def like(name: str, a: np.ndarray, b: np.ndarray) -> float:
    if name == "euclidean":
        return -float(np.linalg.norm(a - b))
    return float(a @ b) / (float(np.linalg.norm(a) * np.linalg.norm(b)) if name == "cosine" else 1.0)


def measured(sources: EmbeddingSet, targets: EmbeddingSet, similarity: str = "cosine", matcher: str = "argmax"):
    plain = CORRECTIONS.create("none")
    return measure_direction(
        sources, targets, Scoring(SIMILARITIES.create(similarity), plain, MATCHERS.create(matcher))
    )


@pytest.mark.parametrize("name", SIMILARITIES.names())
@few
@seeds
def test_ranks_and_decisions_equal_the_oracle(name: str, seed: int) -> None:
    texts, images = two_sets(seed)
    for sources, targets in ((texts, images), (images, texts)):
        found = measured(sources, targets, name)
        ranks, correct = oracle(sources, targets, name)
        assert found.outcome.ranks.tolist() == ranks
        assert found.outcome.correct.tolist() == correct
        assert found.unanswerable == len(sources) - len(ranks)


@few
@seeds
def test_streaming_in_small_blocks_changes_nothing(seed: int) -> None:
    texts, images = two_sets(seed)
    asked = texts.of_items(images.ids)
    scores = Scores(SIMILARITIES.create("cosine"), asked.vectors, images.vectors)
    truth, matches = right_answers(asked, images), MATCHERS.create("argmax").match(scores)
    whole = outcomes(scores, matches, [truth])[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmalign_core.scoring.similarities.base.BLOCK_VALUES", 3 * len(images))
        small = outcomes(scores, matches, [truth])[0]
    np.testing.assert_array_equal(small.ranks, whole.ranks)
    np.testing.assert_array_equal(small.correct, whole.correct)


@few
@seeds
def test_recall_grows_with_k_and_stays_within_0_and_1(seed: int) -> None:
    found = measured(*two_sets(seed)).outcome.metrics()
    assert 0 <= found["recall@1"] <= found["recall@5"] <= found["recall@10"] <= 1
    assert found["recall@1"] <= found["mrr"] <= 1 and found["median_rank"] >= 1


@pytest.mark.parametrize("name", SIMILARITIES.names())
@few
@seeds
def test_a_rotation_of_the_space_changes_no_metric(name: str, seed: int) -> None:
    texts, images = two_sets(seed)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((5, 5)))[0]
    turned = (EmbeddingSet(s.modality, s.ids, s.keys, s.vectors @ turn, s.encoder) for s in (texts, images))
    assert measured(*turned, name).outcome.metrics() == measured(texts, images, name).outcome.metrics()


@few
@seeds
def test_the_order_of_rows_changes_no_metric(seed: int) -> None:
    texts, images = two_sets(seed)
    rng = np.random.default_rng(seed + 1)
    moved = (s.take(rng.permutation(len(s))) for s in (texts, images))
    plain = measured(texts, images).outcome.metrics()
    assert measured(*moved).outcome.metrics() == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize("name", SIMILARITIES.names())
@pytest.mark.parametrize("matcher", MATCHERS.names())
@pytest.mark.parametrize("value", [0.0, 1.0, 0.1])
def test_a_constant_space_scores_worst_not_best(name: str, matcher: str, value: float) -> None:
    for n in (7, 61, 300):
        ids = tuple(map(str, range(n)))
        a, b = (EmbeddingSet(m, ids, ids, np.full((n, 48), value), "toy@1") for m in ("image", "text"))
        found = measured(a, b, name, matcher).outcome
        assert (found.ranks == n).all() and not found.correct.any()


def test_nearly_collapsed_space_is_no_better() -> None:
    ids = tuple(map(str, range(64)))
    noise = 1e-8 * np.random.default_rng(0).standard_normal((64, 16))
    same = EmbeddingSet("image", ids, ids, np.ones((64, 16)) + noise, "toy@1")
    assert (measured(same, same).outcome.ranks == 64).all()


def test_shuffled_pairs_score_at_chance() -> None:
    n = 400
    ids = tuple(map(str, range(n)))
    vectors = np.random.default_rng(1).standard_normal((n, 8))
    a, b = (EmbeddingSet(m, ids, ids, vectors, "toy@1") for m in ("image", "text"))
    found = measured(a, b)
    assert found.outcome.metrics()["recall@1"] == 1.0
    shuffled = found.shuffled.metrics()
    for k in (1, 5, 10):
        spread = 4 * (k / n * (1 - k / n) / n) ** 0.5
        assert abs(shuffled[f"recall@{k}"] - k / n) <= spread
    assert abs(shuffled["median_rank"] - n / 2) < 4 * n / (2 * n**0.5)


def test_identical_titles_both_count_and_lost_items_are_counted() -> None:
    texts = EmbeddingSet("text", ("a", "b", "c"), ("cat", "cat", "dog"), np.array([[1, 0], [1, 0], [0, 1]]), "toy@1")
    images = EmbeddingSet("image", ("a", "c", "lone"), ("1", "2", "3"), np.array([[1, 0.1], [0.1, 1], [1, 1]]), "toy@1")
    found = measured(images, texts)
    assert found.outcome.ranks.tolist() == [1, 1] and found.outcome.correct.all()
    assert found.items == ("a", "c") and found.unanswerable == 1 and found.candidates == 3
    back = measured(texts, images)
    assert back.items == ("a", "c") and back.unanswerable == 1


def test_a_title_that_two_photos_share_is_answered_by_either() -> None:
    texts = EmbeddingSet("text", ("a", "b"), ("A cat.", "A cat."), np.array([[1, 0], [1, 0]]), "toy@1")
    images = EmbeddingSet("image", ("a", "b"), ("1", "2"), np.array([[0.6, 0.8], [1, 0.1]]), "toy@1")
    for sources, targets in ((texts, images), (images, texts)):
        assert measured(sources, targets).outcome.ranks.tolist() == [1, 1]


def test_undecided_queries_count_as_wrong_and_the_best_chosen_target_decides() -> None:
    ids = ("a", "b")
    sources = EmbeddingSet("image", ids, ids, np.array([[1, 0], [0.6, 0.8]]), "toy@1")
    targets = EmbeddingSet("text", ids, ids, np.array([[1, 0], [0.8, 0.6]]), "toy@1")
    similarity, none = SIMILARITIES.create("cosine"), CORRECTIONS.create("none")
    for threshold, accuracy in ((0.5, 1.0), (0.97, 0.5), (1.5, 0.0)):
        matcher = MATCHERS.create("threshold", threshold=threshold)
        assert (
            measure_direction(sources, targets, Scoring(similarity, none, matcher)).outcome.metrics()["accuracy"]
            == accuracy
        )


def test_no_queries_give_zeros_not_nan() -> None:
    assert set(Outcome(np.empty(0, int), np.empty(0, bool)).metrics().values()) == {0.0}
