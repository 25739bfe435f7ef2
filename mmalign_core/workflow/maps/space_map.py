"""Use case: a map of a run's shared space, with one point per text, picture and sound. It is drawn once and kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.projection import Placer, Projection, project
from mmalign_core.store import Store
from mmalign_core.store.file_writes import write_file
from mmalign_core.types import Cancelled, EmbeddingSet, Progress, digest_json, frozen_array, no_progress
from mmalign_core.version import __version__
from mmalign_core.workflow.alignment.run import Run

_log = logging.getLogger(__name__)


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
            "neighbours_found": made.neighbours_found,
            "neighbours_n": made.neighbours_n,
            "seconds": made.seconds,
        }


OnMap = Callable[[SpaceMap], None]
"""Called with each whole map that can be shown while a large one is drawn. See `project_run`."""


def no_map(state: SpaceMap) -> None:
    """The default `OnMap`: ignore the map."""


def project_run(
    run: Run,
    *,
    store: Store,
    dimensions: int = 2,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    seed: int = 0,
    progress: Progress = no_progress,
    on_state: OnMap = no_map,
) -> SpaceMap:
    """Return the UMAP of all rows of all modalities together, on cosine neighbours in the shared space.

    The same space with the same parameters is drawn once and then read from the store.

    Above 20,000 rows the map comes as a sequence of states. `on_state` gets each in the calling thread: whole maps,
    with `projection.done` rising from 0.1 (landmarks, after seconds) to 1.0 and their quality beside them. The states
    share the columns of their points. A job passes `on_state=job.show`; a page draws `job.state`, the newest. If
    `progress` raises `Cancelled`, the last state is kept in the store: `drawn_map` returns it, and the next call shows
    it first and draws the map again, to the end.
    """
    vectors, points = stacked(run)
    chosen = {"dimensions": dimensions, "n_neighbors": n_neighbors, "min_dist": min_dist, "seed": seed}
    key = _key(run, chosen)
    kept = kept_map(store.root, key)
    if kept is not None and kept.done == 1.0:
        return _with_places(points, kept)
    last = kept
    if kept is not None:
        on_state(_with_places(points, kept))

    def show(state: Projection) -> None:
        nonlocal last
        if last is None or state.done > last.done:
            last = state
            on_state(_with_places(points, state))

    try:
        made = project(vectors, **chosen, progress=progress, on_state=show)
    except (Cancelled, KeyboardInterrupt):
        if last is not None:
            keep_map(store.root, key, last)
        raise
    keep_map(store.root, key, made)
    return _with_places(points, made)


def drawn_map(
    run: Run, *, store: Store, dimensions: int = 2, n_neighbors: int = 15, min_dist: float = 0.1, seed: int = 0
) -> SpaceMap | None:
    """Return the map that the store holds, or None. `projection.done` is below 1.0 where its drawing was cancelled."""
    chosen = {"dimensions": dimensions, "n_neighbors": n_neighbors, "min_dist": min_dist, "seed": seed}
    kept = kept_map(store.root, _key(run, chosen))
    return None if kept is None else _with_places(_points(run), kept)


def place_on_map(run: Run, drawn: SpaceMap, rows: EmbeddingSet) -> np.ndarray:
    """Return coordinates (m, 2 or 3) of new rows of the shared space (a query's) on an existing map.

    What was made ready for the map that was asked for last is kept, so that the next query is placed at once.
    """
    return _placer(run, drawn).place(rows.vectors)


_READY: dict[str, Placer] = {}
"""A placer among the rows of the run that was asked for last, by the digest of the run's result and of the map."""


def _placer(run: Run, drawn: SpaceMap) -> Placer:
    key = digest_json([run.result.digest, dict(drawn.projection.params), drawn.projection.seed, drawn.projection.done])
    if (ready := _READY.get(key)) is None:
        _READY.clear()  # before the next one is made, so that only one holds a copy of the vectors
        ready = _READY[key] = Placer.of(drawn.projection, _vectors(run))
    return ready


def _key(run: Run, chosen: Mapping[str, Any]) -> str:
    return digest_json([__version__, run.result.digest, chosen])


def _with_places(points: pd.DataFrame, made: Projection) -> SpaceMap:
    """Return the map with the columns x, y[, z]; the other columns are shared."""
    places = {axis: made.coordinates[:, column] for column, axis in zip(range(made.dimensions), "xyz")}
    return SpaceMap(points.assign(**places), made)


def stacked(run: Run) -> tuple[np.ndarray, pd.DataFrame]:
    """Return all modalities' rows stacked (n, k), and their item, modality, row, key and metadata."""
    return _vectors(run), _points(run)


def _vectors(run: Run) -> np.ndarray:
    return np.concatenate([rows.vectors for rows in run.result.space.values()])


def _points(run: Run) -> pd.DataFrame:
    points = pd.concat([_rows(rows) for rows in run.result.space.values()], ignore_index=True)
    metadata = run.collection.items.set_axis(_free_names(run.collection.items, {*points, "x", "y", "z"}), axis=1)
    return points.join(metadata, on="item")


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


def kept_map(root: Path, key: str) -> Projection | None:
    """Return the map with this key, or None if there is none or its file is damaged."""
    from safetensors import SafetensorError, safe_open

    path = _path(root, key)
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            values = json.loads((file.metadata() or {})["projection"])
            return Projection(coordinates=frozen_array(file.get_tensor("coordinates")), **values)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return None


def keep_map(root: Path, key: str, made: Projection) -> None:
    """Write the map whole or not at all. A store that cannot be written is logged: the map is drawn all the same."""
    from safetensors.numpy import save

    path = _path(root, key)
    values = {f.name: getattr(made, f.name) for f in fields(made) if f.name != "coordinates"}
    words = {"projection": json.dumps(values, default=dict)}
    try:
        write_file(path, save({"coordinates": made.coordinates.copy()}, metadata=words), durable=False)
    except OSError as error:
        _log.warning("the map is not kept for the next time: '%s' cannot be written (%s)", path, error.strerror)


def _path(root: Path, key: str) -> Path:
    return root / "maps" / f"{key}.safetensors"
