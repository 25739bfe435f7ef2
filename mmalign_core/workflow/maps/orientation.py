"""Maps of two runs side by side: one is turned to lie as the other does, because a UMAP has no direction."""

from __future__ import annotations

import pandas as pd
from scipy.linalg import orthogonal_procrustes

_NAMES = ["item", "modality", "key"]
"""Columns that tell which medium a point is."""
_FEWEST = 3
"""Points that settle a rotation and reflection of the plane."""


def turned_map(points: pd.DataFrame, fixed: pd.DataFrame) -> pd.DataFrame:
    """Return the points, rotated and mirrored so that media of both maps lie as near as possible to their place there.

    Orthogonal Procrustes over the media that both hold (columns item, modality, key, x, y). Distances on the map stay.
    The same points are returned if fewer than three media are shared.
    """
    own, other = (frame.drop_duplicates(_NAMES).set_index(_NAMES)[["x", "y"]] for frame in (points, fixed))
    shared = own.index.intersection(other.index)
    if len(shared) < _FEWEST:
        return points
    a, b = own.loc[shared].to_numpy(float), other.loc[shared].to_numpy(float)
    turn, _ = orthogonal_procrustes(a - a.mean(0), b - b.mean(0))
    return points.assign(**dict(zip("xy", ((points[["x", "y"]].to_numpy(float) - a.mean(0)) @ turn).T)))
