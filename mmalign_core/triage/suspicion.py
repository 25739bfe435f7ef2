"""Suspicion of wrong pairs: both media of an item agree with other items better than with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.triage.score_sources import Source
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say

FEWEST_PAIRS = 20
"""With fewer pairs the scores of other items say too little of what a usual one is. Chosen."""
RIVALS = 10
"""The best other items whose mean score the own one must reach. Chosen: 3 follows single odd items and finds fewer
planted swaps, and from 10 to 100 the precision is level."""
NAMED = 3
"""How many better items are named as evidence: few enough to look at. Chosen."""
_BLOCK = 2**24
"""Scores held at once: 64 MB in float32. Chosen."""
MOST_RIVALS = 2000
"""Other items that each pair is compared with; of more this many are drawn, the same for all pairs. Chosen: 20,000
pairs then take about a minute of two cores."""
_DRAWS = 20
"""Pairs drawn at random for each item, to know how wrong pairs look; also the rounds that estimate their share, which
stands still after ten. Chosen."""
_SHARE = 0.05
"""The share of wrong pairs that the estimate starts from, about what is found in much-used sets of captions and labels
(Northcutt et al. 2021 give 3.3% on average, 6% in ImageNet)."""
_SHARES = (0.002, 0.5)
"""The estimated share stays in these bounds: beyond one half, right pairs are no longer the usual ones. Chosen."""


@dataclass(frozen=True)
class Suspicion:
    """Over the n pairs, in the order of the sources' rows.

    `value` (n,) in 0..1: the probability that the pair is one drawn at random, given its gap. `gap` (n,): the mean
    score of the best rivals less the own score, over both directions, in standard scores. `percentile` (n,): the share
    of pairs that are less suspicious. `better` and `better_right` (n, 3): the items (row numbers) whose second medium
    agrees best with this item's first, and whose first medium agrees best with its second, best first; -1 where the
    own pair agrees as well. `share`: the estimated share of wrong pairs.
    """

    value: np.ndarray
    gap: np.ndarray
    percentile: np.ndarray
    better: np.ndarray
    better_right: np.ndarray
    share: float


def find_suspicion(
    sources: Sequence[Source],
    left_contents: np.ndarray,
    right_contents: np.ndarray,
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Suspicion:
    """The suspicion of every pair from scores that no fit on the pair itself has made.

    `left_contents` and `right_contents` (n,) int: equal numbers are equal contents, which are right answers to one
    another and no rivals. The gap of each pair is compared with that of pairs drawn at random, by linear
    discriminant analysis with the spread of the wider group; the share of wrong pairs is estimated by expectation
    maximisation (Saerens et al. 2002). BadInput for fewer than 20 pairs, or without a source.
    """
    many = len(left_contents)
    if many < FEWEST_PAIRS:
        raise BadInput(
            say(
                "suspicion of wrong pairs needs at least {fewest_pairs} pairs; there are {many}: add pairs",
                fewest_pairs=FEWEST_PAIRS,
                many=many,
            )
        )
    if not sources:
        raise BadInput(say("suspicion of wrong pairs needs scores: no source can score these pairs out of fold"))
    left, right = joined_scores(sources, progress)
    own = np.einsum("ij,ij->i", left, right)
    contents = (np.asarray(left_contents), np.asarray(right_contents))
    some = np.sort(np.random.default_rng(seed).choice(many, min(many, MOST_RIVALS), replace=False))
    forth, better = _rivals(left, right, own, contents, some, lambda f, m: progress(f / 2, m))
    back, better_right = _rivals(right, left, own, contents, some, lambda f, m: progress((1 + f) / 2, m))
    gap = (forth + back) / 2 - own
    drawn = np.random.default_rng(seed).integers(0, many, (_DRAWS, many))
    apart = (contents[0][drawn] != contents[0]) & (contents[1][drawn] != contents[1])
    scores = np.zeros(drawn.shape, left.dtype)
    for number, rows in enumerate(drawn):
        progress(1.0, say("comparing with pairs drawn at random"))
        scores[number] = np.einsum("ij,ij->i", left, right[rows])
    random = ((forth + back[drawn]) / 2 - scores)[apart]
    value, share = _probability(gap.astype(np.float64), random.astype(np.float64))
    percentile = np.searchsorted(np.sort(gap), gap) / many
    return Suspicion(value, gap, percentile, better, better_right, share)


def joined_scores(sources: Sequence[Source], progress: Progress = no_progress) -> tuple[np.ndarray, np.ndarray]:
    """Factors (n, d) float32 of the weighted sum of the standardised scores of all sources.

    Scores lose their row and column means and are divided by the root of both standard deviations. A source counts by
    the median score that it gives to own pairs: one that says nothing about pairs gives 0. Where all do, all count.
    """
    parts = []
    for source in sources:
        progress(0.0, say("scores by {name}", name=source.name))
        parts.append(tuple(side.astype(np.float32) for side in _standardised(source)))
    weights = np.array([max(float(np.median(np.einsum("ij,ij->i", *part))), 0.0) for part in parts])
    weights = np.sqrt((weights if weights.any() else np.ones(len(parts))) / (weights.sum() or len(parts)))
    return tuple(  # pyright: ignore[reportReturnType]
        np.hstack([weight * part[side] for weight, part in zip(weights, parts)]).astype(np.float32) for side in (0, 1)
    )


def _standardised(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the source's scores less row and column means, over the root of their standard deviations."""
    left, right = source.left - source.left.mean(0), source.right - source.right.mean(0)
    spread = np.sqrt(np.clip(np.einsum("ij,ij->i", left @ (right.T @ right / len(right)), left), 0, None))
    across = np.sqrt(np.clip(np.einsum("ij,ij->i", right @ (left.T @ left / len(left)), right), 0, None))
    tiny = np.finfo(np.float32).tiny
    return left / np.sqrt(np.maximum(spread, tiny))[:, None], right / np.sqrt(np.maximum(across, tiny))[:, None]


def _rivals(
    asked: np.ndarray,
    offered: np.ndarray,
    own: np.ndarray,
    contents: tuple[np.ndarray, np.ndarray],
    some: np.ndarray,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray]:
    """For each row the mean of its best scores with rivals (n,), and the best that beat the own one (n, 3), else -1.

    Rivals are the `some` rows, rising, whose contents both differ.
    """
    many, offered = len(asked), offered[some]
    means, better = np.zeros(many, np.float32), np.full((many, NAMED), -1)
    step = max(1, _BLOCK // len(some))
    for start in range(0, many, step):
        progress(start / many, say("comparing each pair with the others"))
        rows = np.arange(start, min(start + step, many))
        scores = asked[rows] @ offered.T
        for content in contents:
            scores[content[rows][:, None] == content[some][None]] = -np.inf
        top = np.argpartition(-scores, min(RIVALS, len(some) - 1), axis=1)[:, :RIVALS]
        found = np.take_along_axis(scores, top, 1)
        order = np.lexsort((top, -found), axis=1)
        top, found = np.take_along_axis(top, order, 1), np.take_along_axis(found, order, 1)
        there = np.isfinite(found)
        means[rows] = np.where(there, found, 0).sum(1) / np.maximum(there.sum(1), 1)
        means[rows[~there.any(1)]] = own[rows[~there.any(1)]]
        better[rows] = np.where(found[:, :NAMED] > own[rows][:, None], some[top[:, :NAMED]], -1)
    return means, better


def _probability(gap: np.ndarray, random: np.ndarray) -> tuple[np.ndarray, float]:
    """The probability (n,) that a pair of this gap is a random one, and the share of such pairs.

    The centre and spread of right pairs are the median and the median deviation of all pairs, which some wrong ones
    hardly move. The probability rises strictly with the gap unless both groups look alike; then it is the share.
    """
    centre, wrong = float(np.median(gap)), float(random.mean()) if len(random) else float(np.median(gap))
    spread = 1.4826 * float(np.median(np.abs(gap - centre)))  # of a normal distribution
    spread = max(spread, float(random.std()) if len(random) else 0.0, np.finfo(float).tiny)
    ratio = max(wrong - centre, 0.0) / spread**2 * (gap - (wrong + centre) / 2)
    share = _SHARE
    for _ in range(_DRAWS):
        value = 1 / (1 + np.exp(-np.clip(ratio + np.log(share / (1 - share)), -700, 700)))  # exp overflows at 709
        share = float(np.clip(value.mean(), *_SHARES))
    return value, share
