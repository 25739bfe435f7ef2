"""A medium in parts, scores of it with masked parts, and the map of each part's share of a score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.types import BadInput
from mmalign_core.wording import say

Scores = Callable[[np.ndarray], np.ndarray]
"""Scores (b,) float64 of a medium with only some of its p parts: masks (b, p) bool, True for a kept part."""

AT_ONCE = 256
"""Masks per call of `Scores`. 256 masked copies of a picture of 224 x 224 pixels take 38 MB."""
REST = "rest"
"""Label of the share of the score that belongs to no part."""


@dataclass(frozen=True)
class Explanation:
    """A score as a sum: the values of `contributions` (label, value) sum to `score`."""

    score: float
    contributions: tuple[tuple[str, float], ...]
    method: str
    faithfulness: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Part:
    """A piece of a medium. `place`: characters (start, end) of a text; a box (left, top, right, bottom) in 0..1 of the
    encoder's input picture; seconds (start, end) of a sound or video. `label`: text for display, such as the word,
    "row 2, column 5", "1.0–1.5 s". `sense`: "seen" or "heard" for a video with sound, else ""."""

    label: str
    place: tuple[float, ...]
    sense: str = ""


@dataclass(frozen=True)
class Faithfulness:
    """Whether removing parts in the map's order changes the score faster than in random orders.

    `deletion`: mean score while parts are removed, largest first (low is faithful). `insertion`: the same while they
    are added (high is faithful). Each has its mean over random orders. `advantage`: (insertion - deletion) of the map
    minus that of the random orders, with its 95% interval. `better`: whether the interval lies above zero.
    """

    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    advantage: float
    interval: tuple[float, float]
    orders: int

    @property
    def better(self) -> bool:
        """Whether the map orders parts better than chance."""
        return self.interval[0] > 0


@dataclass(frozen=True)
class MediaMap:
    """`values` (p,): shares of the `parts` in `score`. With `rest` they sum to it.

    `method`: "exact", "integrated gradients", "occlusion", "integrated gradients through the model", or by attention:
    "gradient-weighted attention", "LeGrad", "Grad-ECLIP". Values of occlusion and attention need not sum to the score;
    `rest` is the difference.
    """

    modality: str
    parts: tuple[Part, ...]
    values: np.ndarray
    rest: float
    score: float
    method: str
    faithfulness: Faithfulness | None = None

    @property
    def explanation(self) -> Explanation:
        """Return the map as labelled contributions that sum to the score."""
        contributions = ((part.label, float(value)) for part, value in zip(self.parts, self.values))
        seen = self.faithfulness and {
            name: float(value) for name, value in vars(self.faithfulness).items() if not isinstance(value, tuple)
        }
        return Explanation(self.score, (*contributions, (REST, self.rest)), self.method, seen)


def score_masks(scores: Scores, masks: np.ndarray, at_once: int = AT_ONCE) -> np.ndarray:
    """Return scores (b,) float64 of masks (b, p) bool. Equal masks are scored once.

    BadInput if a score is not finite.
    """
    different, back = np.unique(masks, axis=0, return_inverse=True)
    blocks = [_checked(scores, different[i : i + at_once]) for i in range(0, len(different), at_once)]
    return np.concatenate(blocks)[back.ravel()]


def _checked(scores: Scores, masks: np.ndarray) -> np.ndarray:
    found = np.asarray(scores(masks), dtype=np.float64)
    if found.shape != (len(masks),):
        raise ValueError(
            say("scores of {n} masks have shape {shape}, expected ({n},)", n=len(masks), shape=found.shape)
        )
    bad = np.flatnonzero(~np.isfinite(found))
    if len(bad):
        left = int(masks[bad[0]].sum())
        raise BadInput(
            say(
                "the score with {left} of {shape} parts is not a finite number, so no map can be drawn",
                left=left,
                shape=masks.shape[1],
            )
        )
    return found
