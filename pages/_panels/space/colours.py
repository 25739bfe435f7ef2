"""What the points of the map are coloured by: metadata, clusters, and how the run answered each medium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mmalign_core.types import Collection, Progress
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import POINT_VALUES, Judgements, MapClusters, Run, SpaceMap, map_clusters, point_values
from pages._components import errors, waiting
from pages._session import run_cache
from pages._session.jobs import Task

BY_MODALITY, BY_CLUSTER = "modality", "cluster"
_OWN = {"item", "modality", "row", "key", "x", "y", "z"}
"""Columns of the map itself; a metadata column of that name has an underscore after it."""
_LOGARITHMIC = ("rank", "times chosen")


@dataclass(frozen=True)
class Colouring:
    """`values` (n,): one per point, None to colour by modality. `note`: what they stand for, for the caption."""

    title: str
    values: Sequence[object] | None
    note: str = ""

    @property
    def logarithmic(self) -> bool:
        """Whether the scale counts tenfold steps: most ranks are small."""
        return self.title in _LOGARITHMIC


def offered(run: Run) -> list[str]:
    """Return modality, what the run answered, cluster, and the metadata columns that are numbers or group the items."""
    judged = POINT_VALUES if run.report.get("metrics") else ()
    taken = {BY_MODALITY, BY_CLUSTER, *judged}
    return [BY_MODALITY, *judged, BY_CLUSTER, *[c for c in _columns(run.collection) if c not in taken]]


def colouring(
    run: Run, drawn: SpaceMap, name: str, judged: Mapping[str, Judgements], clusters: MapClusters | None
) -> Colouring:
    """Return the values of every point by this name."""
    if name == BY_MODALITY:
        return Colouring(name, None)
    if name == BY_CLUSTER:
        values = clusters.point_names if clusters else [None] * len(drawn.points)
        return Colouring(name, values, tr("Clusters of the items in the space, by k-means, with words of their texts."))
    if name in POINT_VALUES:
        if not judged:
            return Colouring(name, [None] * len(drawn.points))
        values = point_values(run, drawn, judged)[name]
        return Colouring(name, values.where(values.notna(), None).tolist(), _note(name, judged))
    rows = drawn.points
    return Colouring(name, rows[f"{name}_" if name in _OWN else name].tolist())


def clusters(run: Run, run_key: str, map_key: str, drawn: SpaceMap) -> MapClusters | None:
    """Return the clusters of the map's items; None while they are computed."""

    def work(progress: Progress) -> MapClusters:
        progress(0.0, say("finding clusters"))
        return map_clusters(run, drawn)

    return waiting.result(Task("clusters", f"{run_key} {map_key}", say("clusters of the map"), work), begin=True)


def _columns(collection: Collection) -> list[str]:
    frame = collection.items
    return [
        str(name)
        for name in frame
        if pd.api.types.is_numeric_dtype(frame[name])
        or pd.api.types.is_datetime64_any_dtype(frame[name])
        or 1 < frame[name].astype(str).nunique() < max(len(frame), 3)
    ]


def _note(name: str, judged: Mapping[str, Judgements]) -> str:
    """Say which queries the values are about."""
    first = next(iter(judged.values()))
    a, b = first.direction
    about = {"times chosen": tr("how many queries choose the medium")}.get(name, tr("each medium as a query"))
    held = first.held_out
    split = tr("nothing was held out")
    if held.any():
        split = tr("all held out")
        if not held.all():
            split = tr(
                "held-out queries met held-out candidates, fitted ones met all: colour by 'held out' to tell them"
            )
    return errors.sentence(tr("{about}, {a} ↔ {b}; {split}", about=about, a=tr_word(a), b=tr_word(b), split=split))


def worst_items(judged: Mapping[str, Judgements], most: int) -> list[str]:
    """Return the items of the worst queries of both directions, held-out ones alone where there are any."""
    found: list[tuple[int, float, str]] = []
    for every in judged.values():
        part = every.take(every.held_out) if every.held_out.any() else every
        found += [(-int(part.rank[row]), float(part.margin[row]), part.queries.ids[row]) for row in part.worst_first()]
    return list(dict.fromkeys(item for rank, _, item in sorted(found) if rank < -1))[:most]


def cached_labels(run: Run, run_key: str) -> list[str]:
    """Return the hover label of each point of the map, in the order of the space's modalities and rows."""
    return [label for modality in run.result.space for label in run_cache.row_labels(run_key, modality, run)]
