"""Concept words: planted sparse sums are found again, and how much they cover is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Lasso

from mmalign_core.explain.concepts import concept_words, shared_words
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows

RNG = np.random.default_rng(0)
WORDS = RNG.normal(size=(2000, 64)) + 3.0
LABELS = [f"w{k}" for k in range(len(WORDS))]
MEAN = WORDS.mean(axis=0)
ATOMS = unit_rows(WORDS - MEAN)


def planted(parts: dict[int, float]) -> np.ndarray:
    return MEAN + 2.0 * sum(weight * ATOMS[k] for k, weight in parts.items())


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(0, 1999), st.floats(0.4, 1.0), min_size=1, max_size=4))
def test_planted_words_are_found_with_their_weights(parts: dict[int, float]) -> None:
    seen = concept_words(planted(parts), WORDS, LABELS)
    assert {label for label, _ in seen.words} == {f"w{k}" for k in parts}
    assert seen.cosine == pytest.approx(1, abs=1e-4)
    length = np.linalg.norm(planted(parts) - MEAN) / 2
    assert dict(seen.words) == pytest.approx({f"w{k}": weight / length for k, weight in parts.items()}, abs=1e-3)
    weights = [weight for _, weight in seen.words]
    assert weights == sorted(weights, reverse=True)


def test_the_cosine_is_that_of_the_sum_of_words() -> None:
    vector = RNG.normal(size=64) + 3.0
    seen = concept_words(vector, WORDS, LABELS, most=6, chance=0)
    summed = sum(weight * ATOMS[int(label[1:])] for label, weight in seen.words)
    moved = vector - MEAN
    assert seen.cosine == pytest.approx(summed @ moved / np.linalg.norm(summed) / np.linalg.norm(moved), abs=1e-5)
    assert 0.3 < seen.cosine < 1 and len(seen.words) <= 6


def test_as_near_as_a_lasso_with_as_many_words() -> None:
    """The solver of the paper, least penalty that leaves eight words, weights refitted: ours covers no less."""
    vectors = RNG.normal(size=(10, 64)) + 3.0
    ours, theirs = [], []
    for vector in vectors:
        target = (vector - MEAN) / np.linalg.norm(vector - MEAN)
        ours.append(concept_words(vector, WORDS, LABELS, most=8, gain=0, chance=0).cosine)
        for penalty in np.geomspace(0.02, 0.0001, 40):
            fit = Lasso(alpha=penalty, positive=True, fit_intercept=False, max_iter=2000).fit(ATOMS.T, target)
            if np.count_nonzero(fit.coef_) > 8:
                break
            used = np.flatnonzero(fit.coef_)
        weights = np.linalg.lstsq(ATOMS[used].T, target, rcond=None)[0]
        theirs.append(float(np.linalg.norm(ATOMS[used].T @ weights)))
    assert np.mean(ours) > np.mean(theirs) - 0.01


def test_another_modality_is_centred_at_its_own_mean() -> None:
    """A gap between modalities is not a concept."""
    gap = RNG.normal(size=64) * 5
    seen = concept_words(planted({3: 0.8, 70: 0.6}) + gap, WORDS, LABELS, centre=MEAN + gap)
    assert [label for label, _ in seen.words] == ["w3", "w70"]
    assert concept_words(planted({3: 0.8, 70: 0.6}) + gap, WORDS, LABELS, most=2).cosine < 0.8


def test_words_that_fit_by_chance_are_dropped() -> None:
    """Of 2,000 words the best fits a random vector at 0.5: that says nothing, and so do words for noise on a vector."""
    rng = np.random.default_rng(1)
    drawn = [len(concept_words(MEAN + rng.normal(size=64), WORDS, LABELS).words) for _ in range(50)]
    forced = [len(concept_words(MEAN + rng.normal(size=64), WORDS, LABELS, chance=0).words) for _ in range(50)]
    assert np.median(drawn) <= 2 < np.median(forced) == 8
    noisy = planted({7: 1.0}) + 0.15 * rng.normal(size=64)
    assert [label for label, _ in concept_words(noisy, WORDS, LABELS).words] == ["w7"]


def test_shared_words() -> None:
    u, v = planted({1: 0.9, 2: 0.5, 3: 0.4}), planted({2: 0.8, 3: 0.9, 4: 0.5})
    shared = shared_words(u, v, WORDS, LABELS)
    lengths = [np.linalg.norm(x - MEAN) / 2 for x in (u, v)]
    wanted = {"w2": min(0.5 / lengths[0], 0.8 / lengths[1]), "w3": min(0.4 / lengths[0], 0.9 / lengths[1])}
    assert dict(shared) == pytest.approx(wanted, abs=1e-3)
    assert shared == tuple(sorted(shared, key=lambda word: -word[1]))
    assert not shared_words(planted({5: 1.0}), planted({6: 1.0}), WORDS, LABELS)


def test_synonyms_count_as_shared() -> None:
    """Two vectors that each sit on one of two near-equal words are said with the same word."""
    words = WORDS.copy()
    words[11] = words[10] + 0.02 * RNG.normal(size=64)
    centre = words.mean(axis=0)
    u, v = (words[k] + 0.05 * RNG.normal(size=64) for k in (10, 11))
    shared = shared_words(u, v, words, LABELS, centres=(centre, centre))
    assert shared and shared[0][0] in ("w10", "w11")


@pytest.mark.parametrize("vector", [MEAN, np.zeros(64)])
def test_a_vector_that_says_nothing_has_no_words(vector: np.ndarray) -> None:
    seen = concept_words(vector, WORDS, LABELS, centre=vector)
    assert seen.words == () and seen.cosine == 0


def test_equal_words_and_few_words() -> None:
    same = concept_words(np.ones(4), np.tile([1.0, 0, 0, 0], (3, 1)), ["a", "b", "c"])
    assert same.words == ()
    two = concept_words(np.array([1.0, 0.0]), np.array([[1.0, 0.0], [-1.0, 0.0]]), ["yes", "no"])
    assert two.words == (("yes", pytest.approx(1.0)),) and two.cosine == pytest.approx(1.0)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(BadInput, match="give one row each"):
        concept_words(MEAN, WORDS, LABELS[:-1])
    with pytest.raises(BadInput, match="finite numbers"):
        concept_words(MEAN[:10], WORDS, LABELS)
    with pytest.raises(BadInput, match="finite numbers"):
        concept_words(np.full(64, np.nan), WORDS, LABELS)
