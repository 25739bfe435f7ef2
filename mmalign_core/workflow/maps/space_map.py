"""Use case: a map of a run's shared space, with one point per text, picture and sound. It is drawn once and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.projection import Projection, place, project
from mmalign_core.store import Store
from mmalign_core.types import EmbeddingSet, Progress, digest_json, no_progress
from mmalign_core.version import __version__
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.maps.map_cache import keep_map, kept_map


@dataclass(frozen=True)
class SpaceMap:
    """`points`: data frame item, modality, row, key, x, y[, z] and the items' metadata. `projection`: its quality."""

    points: pd.DataFrame
    projection: Projection

    def report(self) -> dict[str, Any]:
        """Return the output of `project --json`."""
        made = self.projection
        return {
            "rows": len(self.points),
            "params": dict(made.params),
            "seed": made.seed,
            "trustworthiness": made.trustworthiness,
            "neighbour_overlap": made.neighbour_overlap,
            "quality_n": made.quality_n,
            "quality_k": made.quality_k,
            "seconds": made.seconds,
        }


def project_run(
    run: Run,
    *,
    store: Store,
    dimensions: int = 2,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    seed: int = 0,
    progress: Progress = no_progress,
) -> SpaceMap:
    """Return the UMAP of all rows of all modalities together, on cosine neighbours in the shared space.

    The same space with the same parameters is drawn once and then read from the store.
    """
    vectors, points = stacked(run)
    chosen = {"dimensions": dimensions, "n_neighbors": n_neighbors, "min_dist": min_dist, "seed": seed}
    key = digest_json([__version__, run.result.digest, chosen])
    made = kept_map(store.root, key)
    if made is None:
        made = project(vectors, **chosen, progress=progress)
        keep_map(store.root, key, made)
    for axis, name in enumerate("xyz"[:dimensions]):
        points[name] = made.coordinates[:, axis]
    return SpaceMap(points, made)


def place_on_map(run: Run, drawn: SpaceMap, rows: EmbeddingSet) -> np.ndarray:
    """Return coordinates (m, 2 or 3) of new rows of the shared space (a query's) on an existing map."""
    return place(drawn.projection, stacked(run)[0], rows.vectors)


def stacked(run: Run) -> tuple[np.ndarray, pd.DataFrame]:
    """Return all modalities' rows stacked (n, k), and their item, modality, row, key and metadata."""
    space = run.result.space
    vectors = np.concatenate([rows.vectors for rows in space.values()])
    points = pd.concat([_rows(rows) for rows in space.values()], ignore_index=True)
    metadata = run.collection.items.set_axis(_free_names(run.collection.items, {*points, "x", "y", "z"}), axis=1)
    return vectors, points.join(metadata, on="item")


def _free_names(columns: Iterable[str], taken: set[str]) -> list[str]:
    """Return the names in order. A name that is taken gets as many '_' as make it unique."""
    names, used = list(columns), taken | set(columns)
    for i, name in enumerate(names):
        while name in taken and names[i] in used:
            names[i] += "_"
        used.add(names[i])
    return names


def _rows(rows: EmbeddingSet) -> pd.DataFrame:
    return pd.DataFrame({"item": rows.ids, "modality": rows.modality, "row": range(len(rows)), "key": rows.keys})
