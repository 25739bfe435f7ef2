"""Occlusion: leave a part out, see what the score loses (Zeiler and Fergus 2014), in batches."""

from __future__ import annotations

import numpy as np

from mmalign_core.explain.masks import AT_ONCE, Scores, score_masks


def occlusion(
    parts: int, scores: Scores, groups: np.ndarray | None = None, *, at_once: int = AT_ONCE
) -> tuple[np.ndarray, float, float]:
    """(values (p,), score, rest): what each part's absence costs; values and rest sum to score.

    `groups` (g, p) bool: parts left out together, as `windows` and `grid_windows` make them; each part alone if not
    given. What a group costs is shared equally by its parts, and a part takes the mean over its groups: on a fine grid
    one cell hides too little to be missed, a window of cells does not. A part in no group gets 0. Parts may overlap in
    what they do, so `rest` holds what the values leave open.
    """
    groups = np.eye(parts, dtype=bool) if groups is None else np.asarray(groups, dtype=bool)
    found = score_masks(scores, np.vstack([np.ones((1, parts), dtype=bool), ~groups]), at_once)
    score, lost = float(found[0]), found[0] - found[1:]
    shares = groups * (lost / np.maximum(groups.sum(axis=1), 1))[:, None]
    values = shares.sum(axis=0) / np.maximum(groups.sum(axis=0), 1)
    return values, score, score - float(values.sum())


def windows(parts: int, width: int) -> np.ndarray:
    """(g, p) groups of up to `width` neighbours in a row, moved by one: every part is in equally many of them.

    Those at the ends are shorter, as with a picture padded with nothing.
    """
    apart = np.arange(1 - width, parts)[:, None]
    places = np.arange(parts)[None]
    return (places >= apart) & (places < apart + width)


def grid_windows(rows: int, columns: int, size: int) -> np.ndarray:
    """(g, rows * columns) groups of `size` x `size` neighbouring cells, row by row; those at the edges are smaller."""
    down, across = windows(rows, size), windows(columns, size)
    return (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, rows * columns)
