"""What the diagnostics of a space say: a verdict on each, against a baseline that is computed for this very space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import hyp0f1
from scipy.stats import binom

from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say, say_way

_LISTED = 10
"""Nearest candidates that count for hubs, as in `metrics.hubs.occurrences`."""
_SURE = 0.95
"""The level of all intervals of a report."""
_HUBS = 1.0
"""Skewness from which a few hubs dominate (Radovanović et al. 2010, J. Mach. Learn. Res. 11, section 4)."""
_MOST = 0.5
"""Half: more than that is most of it."""


@dataclass(frozen=True)
class SpaceVerdict:
    """The verdict on one diagnostic. `good`: False if it is a fault, None if it is neither good nor bad.

    `words`: a sentence with the number that it is compared with. `remedy`: "correct" (for hubs), "train" (on known
    pairs), "encoders" (choose others), or "" if nothing is to be done.
    """

    name: str
    good: bool | None
    title: str
    words: str
    remedy: str = ""


def space_verdicts(
    space: Mapping[str, Any], a: EmbeddingSet, b: EmbeddingSet, *, corrected: bool, trained: bool
) -> dict[str, SpaceVerdict]:
    """Return diagnostic -> verdict, for those of the report's `space` that can be judged.

    `a` and `b`: the measured rows of both modalities in the space. `corrected`: the run corrects for hubs already.
    `trained`: its aligner learned from pairs.
    """
    sides = unit_rows(a.vectors), unit_rows(b.vectors)
    found = [
        _gap(space, trained=trained),
        _hubs(space, len(a), len(b), corrected=corrected),
        _largest_hub(space, len(a), len(b), corrected=corrected),
        _shared_neighbours(space, trained=trained),
        _alignment(space, *sides, trained=trained),
        _uniformity(space, sides[0].shape[1]),
    ]
    return {verdict.name: verdict for verdict in found if verdict}


def _gap(space: Mapping[str, Any], *, trained: bool) -> SpaceVerdict | None:
    """|mean x - mean y|² is the part of mean |x - y|² that is the same for all pairs; the rest is their variance."""
    if not space.get("alignment"):
        return None
    share = min(1.0, space["gap"] ** 2 / space["alignment"])
    words = say("It makes up {share:.0%} of the squared distance between the two media of an item.", share=share)
    if share > _MOST:
        return SpaceVerdict("gap", False, say("the modalities lie apart"), words, "encoders" if trained else "train")
    return SpaceVerdict("gap", True, say("good"), words)


def _hubs(space: Mapping[str, Any], n: int, m: int, *, corrected: bool) -> SpaceVerdict | None:
    if min(n, m) <= _LISTED:
        return None
    value = space["hubness"]
    if value > _HUBS:
        return SpaceVerdict(
            "hubness", False, say("hubs crowd out others"),
            say("A few candidates dominate: from {hubs:g} on the lists are that uneven.", hubs=_HUBS),
            "" if corrected else "correct",
        )  # fmt: skip
    return SpaceVerdict(
        "hubness", True, say("good"), say("The lists are even enough: hubs dominate from {hubs:g} on.", hubs=_HUBS)
    )


def _largest_hub(space: Mapping[str, Any], n: int, m: int, *, corrected: bool) -> SpaceVerdict | None:
    """Against the largest of m shares if each of n queries listed candidates at random (binomial, 95% quantile)."""
    if min(n, m) <= _LISTED:
        return None
    ways = space.get("largest_hub_by_direction", {})
    sizes = dict(zip(ways, ((n, m), (m, n))))
    over = {way: (share, _largest_by_chance(*sizes[way])) for way, share in ways.items()}
    if not over:
        return None
    way = max(over, key=lambda name: over[name][0] / over[name][1])
    share, chance = over[way]
    words = say(
        "{replace}: {share:.0%}; at random the largest would be at most {chance:.0%}.",
        replace=say_way(way),
        share=share,
        chance=chance,
    )
    if share > chance:
        remedy = "" if corrected else "correct"
        return SpaceVerdict("largest_hub", False, say("one candidate is in too many lists"), words, remedy)
    return SpaceVerdict("largest_hub", True, say("good"), words)


def _largest_by_chance(queries: int, candidates: int) -> float:
    """Return the share of queries that the most frequent of all candidates has, 95 times of 100, at random."""
    each = _SURE ** (1 / candidates)
    return float(binom.ppf(each, queries, min(1.0, _LISTED / candidates)) / queries)


def _shared_neighbours(space: Mapping[str, Any], *, trained: bool) -> SpaceVerdict | None:
    p = space.get("mutual_knn_p")
    if p is None:
        return None
    words = say("0 is chance; so much by chance alone has p = {p:.3f}.", p=p)
    if p >= 1 - _SURE:
        remedy = "encoders" if trained else "train"
        return SpaceVerdict("mutual_knn", False, say("no better than chance"), words, remedy)
    return SpaceVerdict("mutual_knn", True, say("better than chance"), words)


def _alignment(space: Mapping[str, Any], a: np.ndarray, b: np.ndarray, *, trained: bool) -> SpaceVerdict | None:
    """Against the mean squared distance of every row of one modality from every row of the other."""
    if not space.get("alignment"):
        return None
    strangers = 2 - 2 * float(a.mean(0, dtype=np.float64) @ b.mean(0, dtype=np.float64))
    words = say("Any two media of different modalities: {strangers:.3f}.", strangers=strangers)
    if space["alignment"] >= strangers:
        remedy = "encoders" if trained else "train"
        return SpaceVerdict("alignment", False, say("partners lie no nearer than strangers"), words, remedy)
    nearer = 1 - space["alignment"] / strangers
    return SpaceVerdict("alignment", True, say("partners lie {nearer:.0%} nearer than strangers", nearer=nearer), words)


def _uniformity(space: Mapping[str, Any], dimensions: int) -> SpaceVerdict | None:
    """Against points that are uniform on the sphere: log E exp(-2 |x - y|²), exact for each number of dimensions.

    |x - y|² = 2 - 2t, and E exp(4t) of the cosine t of two uniform directions in d dimensions is 0F1(; d/2; 4).
    """
    if dimensions < 2:
        return None
    even = float(np.log(hyp0f1(dimensions / 2, 4.0)) - 4.0)
    share = max(0.0, space["uniformity"] / even)
    words = say(
        "Evenly spread points in {dimensions} dimensions: −{even:.2f}; all in one place: 0.",
        dimensions=dimensions,
        even=-even,
    )
    if share < _MOST:
        return SpaceVerdict("uniformity", False, say("the points crowd together"), words, "encoders")
    return SpaceVerdict("uniformity", True, say("well spread"), words)
