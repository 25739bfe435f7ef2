"""The precision/recall curve against counting by hand, and the threshold it suggests."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.metrics.retrieval import RightAnswers, right_answers
from mmalign_core.metrics.threshold import threshold_curve
from mmalign_core.scoring.corrections import Scores
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput, EmbeddingSet


def validation(seed: int, items: int = 12, captions: int = 2) -> tuple[Scores, RightAnswers]:
    """Images against captions, several an item, some of equal wording, some vectors of equal place."""
    rng = np.random.default_rng(seed)
    ids = tuple(f"i{k}" for k in range(items))
    owners = tuple(f"i{k}" for k in rng.integers(1, items + 1, captions * items))
    words = rng.integers(0, captions * items, len(owners))
    places = rng.standard_normal((captions * items, 3))
    texts = EmbeddingSet("text", owners, tuple(f"t{k}" for k in words), places[words], "toy@1")
    images = EmbeddingSet("image", ids, ids, rng.standard_normal((items, 3)), "toy@1")
    return Scores(SIMILARITIES.create("cosine"), images.vectors, texts.vectors), right_answers(images, texts)


def right_pairs(truth: RightAnswers) -> set[tuple[int, int]]:
    return set(zip(*(part.tolist() for part in truth.pairs(slice(None)))))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9999), st.integers(1, 6))
def test_the_curve_says_what_the_matcher_does_at_each_threshold(seed: int, limit: int) -> None:
    scores, truth = validation(seed)
    right = right_pairs(truth)
    per_query = np.bincount([row for row, _ in right], minlength=len(scores.sources))
    curve = threshold_curve(scores, truth, limit=limit)
    assert (np.diff(curve.thresholds) < 0).all() and (np.diff(curve.recall) >= 0).all()
    for i in range(0, len(curve.thresholds), 5):
        found = MATCHERS.create("threshold", threshold=float(curve.thresholds[i]), limit=limit).match(scores)
        taken = set(zip(found.sources.tolist(), found.targets.tolist()))
        assert curve.precision[i] == pytest.approx(len(taken & right) / len(taken))
        assert curve.recall[i] == pytest.approx(len(taken & right) / np.minimum(per_query, limit).sum())
        assert curve.decided[i] == len({source for source, _ in taken}) and curve.n == len(scores.sources)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9999), st.floats(0.05, 1))
def test_the_suggestion_is_the_best_of_the_curve(seed: int, target: float) -> None:
    scores, truth = validation(seed)
    curve = threshold_curve(scores, truth)
    best = curve.suggest()
    assert best.f1 == curve.f1.max() and best.reached
    precise = curve.suggest(target)
    if precise.reached:
        assert precise.precision >= target and precise.recall == curve.recall[curve.precision >= target].max()
    else:
        assert (curve.precision < target).all() and precise.precision == curve.precision.max()


def test_a_clean_gap_is_found_and_the_threshold_lies_in_its_middle() -> None:
    ids = tuple("abcd")
    images = EmbeddingSet("image", ids, ids, np.eye(4), "toy@1")
    texts = EmbeddingSet("text", ids, ids, 0.8 * np.eye(4) + 0.1, "toy@1")
    scores = Scores(SIMILARITIES.create("dot"), images.vectors, texts.vectors)
    found = threshold_curve(scores, right_answers(images, texts)).suggest()
    assert found.threshold == pytest.approx(0.5) and (found.precision, found.recall, found.n) == (1, 1, 4)
    assert json.loads(json.dumps(found.as_json()))["decided"] == 4


def test_queries_without_an_answer_lower_the_precision() -> None:
    ids, axes = tuple("abcd"), np.eye(4)
    images = EmbeddingSet("image", ids, ids, axes, "toy@1")
    texts = EmbeddingSet("text", ("a", "b", "x", "y"), tuple("1234"), axes, "toy@1")
    curve = threshold_curve(Scores(SIMILARITIES.create("dot"), axes, axes), right_answers(images, texts))
    assert curve.precision[0] == 0.5 and curve.recall[0] == 1 and curve.decided[0] == 4


def test_what_cannot_be_suggested_is_said() -> None:
    scores, _ = validation(1)
    images, texts = (
        EmbeddingSet(m, tuple(f"{m}{i}" for i in range(len(v))), tuple(f"{m}{i}" for i in range(len(v))), v, "toy@1")
        for m, v in (("image", scores.sources), ("text", scores.targets))
    )
    with pytest.raises(BadInput, match="no validation query"):
        threshold_curve(scores, right_answers(images, texts)).suggest()
    nothing = Scores(scores.similarity, scores.sources[:0], scores.targets)
    with pytest.raises(BadInput, match="no validation query"):
        threshold_curve(nothing, right_answers(images.take([]), texts))
    with pytest.raises(BadInput, match="above 0"):
        threshold_curve(*validation(1)).suggest(precision=0)


def test_a_drawn_curve_is_short_and_json() -> None:
    drawn = threshold_curve(*validation(2)).thinned(15)
    assert set(drawn) == {"threshold", "precision", "recall", "f1"} and len(drawn["f1"]) <= 15
    assert json.loads(json.dumps(drawn)) == drawn
