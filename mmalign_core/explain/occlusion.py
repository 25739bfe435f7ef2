"""Occlusion: the loss of score when a part is removed (Zeiler and Fergus 2014), in batches."""

from __future__ import annotations

import numpy as np

from mmalign_core.explain.masks import AT_ONCE, Scores, score_masks


def occlusion(
    parts: int, scores: Scores, groups: np.ndarray | None = None, *, at_once: int = AT_ONCE
) -> tuple[np.ndarray, float, float]:
    """Return (values (p,), score, rest): the loss of score without each part. values + rest sum to score.

    `groups` (g, p) bool: parts removed together, as `windows` and `grid_windows` make them; by default each part alone.
    The loss of a group is divided equally among its parts, and a part gets the mean over its groups. On a fine grid
    the removal of one cell changes too little, while a window of cells changes enough. A part in no group gets 0. The
    effects of parts may overlap, so `rest` is the difference between the score and the sum of the values.
    """
    groups = np.eye(parts, dtype=bool) if groups is None else np.asarray(groups, dtype=bool)
    found = score_masks(scores, np.vstack([np.ones((1, parts), dtype=bool), ~groups]), at_once)
    score, lost = float(found[0]), found[0] - found[1:]
    shares = groups * (lost / np.maximum(groups.sum(axis=1), 1))[:, None]
    values = shares.sum(axis=0) / np.maximum(groups.sum(axis=0), 1)
    return values, score, score - float(values.sum())


def windows(parts: int, width: int) -> np.ndarray:
    """Return (g, p): groups of up to `width` neighbouring parts, each moved by one. Every part is in equally many.

    Those at the ends are shorter, as with padding.
    """
    apart = np.arange(1 - width, parts)[:, None]
    places = np.arange(parts)[None]
    return (places >= apart) & (places < apart + width)


def grid_windows(rows: int, columns: int, size: int) -> np.ndarray:
    """Return (g, rows * columns): groups of `size` x `size` neighbouring cells, row by row, smaller at the edges."""
    down, across = windows(rows, size), windows(columns, size)
    return (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, rows * columns)
