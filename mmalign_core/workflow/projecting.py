"""Use case: a map of a run's shared space, one point per text, picture and sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.projection import Projection, project
from mmalign_core.types import EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.aligning import Run


@dataclass(frozen=True)
class SpaceMap:
    """`points`: data frame item, modality, x, y[, z] and the items' metadata; `projection`: its quality numbers."""

    points: pd.DataFrame
    projection: Projection

    def report(self) -> dict[str, Any]:
        """What `project --json` prints."""
        made = self.projection
        return {
            "rows": len(self.points),
            "params": dict(made.params),
            "seed": made.seed,
            "trustworthiness": made.trustworthiness,
            "neighbour_overlap": made.neighbour_overlap,
            "quality_n": made.quality_n,
            "seconds": made.seconds,
        }


def project_run(
    run: Run,
    *,
    dimensions: int = 2,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    seed: int = 0,
    progress: Progress = no_progress,
) -> SpaceMap:
    """UMAP of every row of every modality together, on cosine neighbours in the shared space."""
    vectors, rows = stacked(run)
    made = project(
        vectors, dimensions=dimensions, n_neighbors=n_neighbors, min_dist=min_dist, seed=seed, progress=progress
    )
    for axis, name in enumerate("xyz"[:dimensions]):
        rows[name] = made.coordinates[:, axis]
    return SpaceMap(rows, made)


def stacked(run: Run) -> tuple[np.ndarray, pd.DataFrame]:
    """All modalities' rows under one another (n, k), and their item, modality, row and metadata."""
    space = run.result.space
    vectors = np.concatenate([rows.vectors for rows in space.values()])
    frames = [_rows(rows) for rows in space.values()]
    points = pd.concat(frames, ignore_index=True)
    taken = {"item", "modality", "row", "key", "x", "y", "z"}
    metadata = run.collection.items.rename(columns={c: f"{c}_" for c in run.collection.items if c in taken})
    return vectors, points.join(metadata, on="item")


def _rows(rows: EmbeddingSet) -> pd.DataFrame:
    return pd.DataFrame({"item": rows.ids, "modality": rows.modality, "row": range(len(rows)), "key": rows.keys})
