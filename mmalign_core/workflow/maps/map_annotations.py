"""Use case: clusters of a map with keywords, a value for each point by what the run answered, and a map turned to lie
as another does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes

from mmalign_core.triage.judgements import Judgements
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.cluster_names import named_clusters
from mmalign_core.workflow.maps.space_map import SpaceMap
from mmalign_core.workflow.similarity_matrix import judged_rows

POINT_VALUES = ("correctness", "rank", "margin", "times chosen", "held out")
"""What `point_values` gives for each point."""


@dataclass(frozen=True)
class MapClusters:
    """Clusters of the items on a map. `point_names` (n,): the cluster of each point, None without one.

    `names`: number of a cluster -> its name with keywords. `centres`: number -> its place (2 or 3,) on the map, the
    middle of its media of the pair's first modality, because those of another may lie far away.
    """

    point_names: tuple[str | None, ...]
    names: Mapping[int, str]
    keywords: Mapping[int, tuple[str, ...]]
    centres: Mapping[int, np.ndarray]


def map_clusters(run: Run, drawn: SpaceMap, *, seed: int = 0) -> MapClusters:
    """Return the clusters of the run's items in its space (see `named_clusters`)."""
    found = named_clusters(run, seed=seed)
    by_item, names = found.by_item, found.names
    numbers = np.array([by_item.get(item, 0) for item in drawn.points["item"]], int)
    places = drawn.projection.coordinates
    first = (drawn.points["modality"] == run.choices.pair[0]).to_numpy()
    centres = {number: np.median(places[first & (numbers == number)], axis=0) for number in names}
    return MapClusters(tuple(names.get(number) for number in numbers.tolist()), names, found.keywords, centres)


def point_values(run: Run, drawn: SpaceMap, judged: Mapping[str, Judgements]) -> pd.DataFrame:
    """Return one row per point of the map with the columns POINT_VALUES; None or NaN where nothing was judged.

    As a query: `correctness` ("right" or "wrong"), `rank` and `margin` of its right answer, and `held out` ("held out"
    or "not held out"). As a candidate: `times chosen`, the number of queries that choose it. `judged`: the directions
    of the run's pair.
    """
    points = drawn.points
    found = pd.DataFrame(index=points.index, columns=list(POINT_VALUES), dtype=object)
    found[["rank", "margin", "times chosen"]] = np.nan
    modality, row = points["modality"].to_numpy(), points["row"].to_numpy()
    for judgements in judged.values():
        source, target = judgements.direction
        asked = _points_of(modality, row, source)[judged_rows(run, judgements)]
        found.loc[asked, "correctness"] = np.where(judgements.correct, "right", "wrong")
        found.loc[asked, "rank"] = judgements.rank
        found.loc[asked, "margin"] = judgements.margin
        found.loc[asked, "held out"] = np.where(judgements.held_out, "held out", "not held out")
        offered = _points_of(modality, row, target)
        found.loc[offered, "times chosen"] = np.bincount(judgements.chosen, minlength=len(offered))
    numbers = ["rank", "margin", "times chosen"]
    found[numbers] = found[numbers].astype(float)
    return found


def _points_of(modality: np.ndarray, row: np.ndarray, name: str) -> np.ndarray:
    """Return the points of one modality in the order of its rows."""
    held = np.flatnonzero(modality == name)
    return held[np.argsort(row[held], kind="stable")]


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
