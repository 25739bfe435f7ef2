"""Use case: clusters of a map with keywords, and a value for each point by what the run answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmalign_core.triage.clusters import clusters_of
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.keywords import cluster_keywords
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.maps.space_map import SpaceMap
from mmalign_core.workflow.similarity_matrix import judged_rows

POINT_VALUES = ("correctness", "rank", "margin", "times chosen", "held out")
"""What `point_values` gives for each point."""


@dataclass(frozen=True)
class MapClusters:
    """`labels` (n,): the cluster of each point. `names`: one for each cluster. `centres` (c, 2 or 3): their middles."""

    labels: np.ndarray
    names: tuple[str, ...]
    centres: np.ndarray

    @property
    def point_names(self) -> list[str]:
        """The name of each point's cluster (n,)."""
        return [self.names[label] for label in self.labels]


def map_clusters(run: Run, drawn: SpaceMap, *, seed: int = 0) -> MapClusters:
    """Return the clusters of the map's points, each named by up to three keywords of its items' texts.

    A cluster without texts, or whose texts share no word, is named by its number. Equal names get their number too.
    """
    places = drawn.projection.coordinates
    labels = clusters_of(places, seed=seed)
    texts: dict[str, list[str]] = {}
    for medium in run.collection.media_of("text"):
        texts.setdefault(medium.item, []).append(medium.text or "")
    pairs = list(dict.fromkeys(zip(drawn.points["item"], labels.tolist())))
    told = [(" ".join(texts[item]), label) for item, label in pairs if item in texts]
    words = cluster_keywords([text for text, _ in told], [label for _, label in told])
    names: list[str] = []
    for label in range(int(labels.max(initial=-1)) + 1):
        name = ", ".join(words.get(label, ())) or f"cluster {label + 1}"
        names.append(f"{name} ({label + 1})" if name in names else name)
    centres = np.array([np.median(places[labels == label], axis=0) for label in range(len(names))])
    return MapClusters(labels, tuple(names), centres)


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
