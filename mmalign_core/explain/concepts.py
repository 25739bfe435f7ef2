"""Concept words: a vector as a sparse sum of the vectors of words, and the cosine of that sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

GAIN = 0.01
"""Least gain in cosine of a further word. Chosen: smaller gains are noise."""
CHANCE = 1.2
"""A word must fit the residual this many times better than the best word fits its negative. Chosen."""
_MANY = 100
"""Fewest words for the chance test. Chosen: with fewer, centred words always oppose one another."""


@dataclass(frozen=True)
class ConceptWords:
    """`words`: (label, weight > 0), heaviest first. `cosine`: of their weighted sum with the vector, 0 if none."""

    words: tuple[tuple[str, float], ...]
    cosine: float


def concept_words(
    vector: np.ndarray,
    vocabulary: np.ndarray,
    labels: Sequence[str],
    most: int = 8,
    *,
    centre: np.ndarray | None = None,
    gain: float = GAIN,
    chance: float = CHANCE,
) -> ConceptWords:
    """Return a sparse non-negative decomposition on a vocabulary, as in SpLiCE (Bhalla et al. 2024).

    `vector` (d,); `vocabulary` (c, d) with one label per row. The words are centred at their mean, the vector at
    `centre` (the mean of its own modality; by default the words' mean), and all are scaled to unit length. Solved by
    non-negative orthogonal matching pursuit: at most `most` words, each of which adds at least `gain` to the cosine.
    Among thousands of words some fit any vector a little, and its negative as well. So the last words are dropped while
    they fit less than `chance` times as well as the best word fits the negative residual. The result may have no words.
    """
    words, target = _prepared(vocabulary, labels, [(vector, centre)])
    chosen, weights, cosine = _pursuit(words, target[0], most, gain, chance)
    return ConceptWords(_labelled(chosen, weights, labels), cosine)


def shared_words(
    u: np.ndarray,
    v: np.ndarray,
    vocabulary: np.ndarray,
    labels: Sequence[str],
    most: int = 8,
    *,
    centres: tuple[np.ndarray | None, np.ndarray | None] = (None, None),
    gain: float = GAIN,
    chance: float = CHANCE,
) -> tuple[tuple[str, float], ...]:
    """Return (label, weight) of the words of both vectors, heaviest first. The weight is the smaller of the two.

    Both vectors are decomposed again over the words of either, so that two synonyms count as shared.
    """
    from scipy.optimize import nnls

    words, targets = _prepared(vocabulary, labels, [(u, centres[0]), (v, centres[1])])
    both = sorted({k for target in targets for k in _pursuit(words, target, most, gain, chance)[0]})
    if not both:
        return ()
    weights = np.min([nnls(words[both].T.astype(np.float64), target)[0] for target in targets], axis=0)
    return _labelled(both, weights, labels)[:most]


def _labelled(chosen: Sequence[int], weights: np.ndarray, labels: Sequence[str]) -> tuple[tuple[str, float], ...]:
    found = [(labels[k], float(weight)) for k, weight in zip(chosen, weights) if weight > 1e-6]
    return tuple(sorted(found, key=lambda word: -word[1]))


def _prepared(
    vocabulary: np.ndarray, labels: Sequence[str], vectors: Sequence[tuple[np.ndarray, np.ndarray | None]]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return unit rows (c, d) float32 of the centred words, and unit vectors (d,) float64 minus their centres."""
    vocabulary = np.asarray(vocabulary, dtype=np.float32)
    if vocabulary.ndim != 2 or len(vocabulary) != len(labels) or not len(labels):
        raise BadInput(
            say("{n} words for vectors of shape {shape}; give one row each", n=len(labels), shape=vocabulary.shape)
        )
    middle = vocabulary.mean(axis=0)
    targets = [_direction(np.asarray(vector), middle if centre is None else centre) for vector, centre in vectors]
    return unit_rows(vocabulary - middle), targets


def _direction(vector: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return the unit vector (d,) float64 from the centre to the vector, or zeros if they are equal."""
    if vector.shape != centre.shape or not np.isfinite(vector).all():
        raise BadInput(
            say(
                "a vector of shape {shape} cannot be described by words: they take {n} finite numbers",
                shape=vector.shape,
                n=len(centre),
            )
        )
    moved = vector.astype(np.float64) - centre
    length = np.linalg.norm(moved)
    return moved / length if length > 1e-9 else np.zeros_like(moved)


def _pursuit(
    words: np.ndarray, target: np.ndarray, most: int, gain: float, chance: float
) -> tuple[list[int], np.ndarray, float]:
    """Return the chosen words, their weights and the cosine: Bruckstein, Elad and Zibulevsky (2008)."""
    from scipy.optimize import nnls

    last: tuple[list[int], np.ndarray, float] = [], np.zeros(0), 0.0
    kept, residual = last, target
    while len(last[0]) < min(most, len(words)):
        chosen, _, cosine = last
        fit = words @ residual.astype(np.float32)
        against = -float(fit.min())
        fit[chosen] = -1
        best = int(np.argmax(fit))
        if fit[best] <= 1e-6:
            break
        atoms = words[[*chosen, best]].T.astype(np.float64)
        weights, distance = nnls(atoms, target)
        # The residual of the nearest point of a cone is orthogonal to that point.
        reached = float(np.sqrt(max(0.0, 1 - distance**2)))
        if reached - cosine < gain:
            break
        used, residual = weights > 0, target - atoms @ weights
        last = [k for k, keep in zip([*chosen, best], used) if keep], weights[used], reached
        if len(words) < _MANY or fit[best] > chance * against:
            kept = last
    return kept
