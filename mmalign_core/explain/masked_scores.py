"""Scores of many masks: a few hundred at a time, each different mask once, and none that is not finite."""

from __future__ import annotations

import numpy as np

from mmalign_core.explain.masks import Scores
from mmalign_core.types import BadInput

AT_ONCE = 256
"""Masks handed to `Scores` in one call, so that masked copies of a large picture fit in memory."""


def score_masks(scores: Scores, masks: np.ndarray, at_once: int = AT_ONCE) -> np.ndarray:
    """(b,) float64 scores of masks (b, p) bool; equal masks are scored once.

    BadInput when a score is not finite: no map can be drawn from it.
    """
    different, back = np.unique(masks, axis=0, return_inverse=True)
    blocks = [_checked(scores, different[i : i + at_once]) for i in range(0, len(different), at_once)]
    return np.concatenate(blocks)[back.ravel()]


def _checked(scores: Scores, masks: np.ndarray) -> np.ndarray:
    found = np.asarray(scores(masks), dtype=np.float64)
    if found.shape != (len(masks),):
        raise ValueError(f"scores of {len(masks)} masks have shape {found.shape}, expected ({len(masks)},)")
    bad = np.flatnonzero(~np.isfinite(found))
    if len(bad):
        left = int(masks[bad[0]].sum())
        raise BadInput(
            f"the score with {left} of {masks.shape[1]} parts is not a finite number, so no map can be drawn"
        )
    return found
