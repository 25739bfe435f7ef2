"""What the map of the shared space shows: its places, colours and names, and what is said of a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.plots import MapGroups, MapPoints, map_groups, map_points, packed_values
from mmalign_core.types import Progress
from mmalign_core.wording import say
from mmalign_core.workflow import Judgements, MapClusters, MapLabel, Run, SpaceMap, label_levels
from pages._components import waiting
from pages._components.media import row_media
from pages._components.point_map import Label
from pages._panels.space import colours
from pages._session import media_cache
from pages._session.jobs import Task

ShownLabel = tuple[str, int, int, tuple[float, ...]]
"""Text, size, depth and place of a name on the map."""


@dataclass(frozen=True)
class Painted:
    """The groups of the points, their codes (n,) in the order of the points, gzipped, and a note for the caption."""

    groups: MapGroups
    codes: bytes
    note: str


def points_of(run_key: str, map_key: str, drawn: SpaceMap) -> MapPoints:
    """Return the places of the map as the browser gets them, made once."""
    return media_cache.of_map(f"{run_key} {map_key} {drawn.projection.seconds}", lambda: map_points(drawn.points))


def painted(
    run: Run,
    points: MapPoints,
    drawn: SpaceMap,
    name: str,
    judged: Mapping[str, Judgements],
    clusters: MapClusters | None,
) -> Painted:
    """Return the colours of the points by this name, made once for each map and name."""

    def make() -> Painted:
        tint = colours.colouring(run, drawn, name, judged, clusters)
        modality = drawn.points["modality"].to_numpy()
        groups = map_groups(modality, tint.values, tint.title, logarithmic=tint.logarithmic)
        return Painted(replace(groups, numbers=None), packed_values(groups.codes[points.order]), tint.note)

    known = f"{bool(judged)} {bool(clusters)}"
    return media_cache.of_colouring(f"{run.result.digest} {points.digest} {name} {known}", make)


def label(run: Run, drawn: SpaceMap, row: int, pixels: int = 96) -> Label:
    """Return what is said of the medium of this row of the map, with a small picture."""
    modality, place = drawn.points["modality"].iat[row], int(drawn.points["row"].iat[row])
    rows = run.result.space[str(modality)]
    picture = row_media.small_picture(row_media.medium_of(run.collection, rows, place), pixels)
    text = row_media.row_label(run.collection, rows, place)
    return Label(text[:200], picture and picture.uri, picture.look if picture else "")


def named_groups(run: Run, run_key: str, map_key: str, drawn: SpaceMap) -> Sequence[ShownLabel] | None:
    """Return the names of the map's groups at each depth; None while they are computed, or the map is not whole yet."""
    if drawn.projection.done < 1:
        return None

    def work(progress: Progress) -> Sequence[ShownLabel]:
        return shown_labels(label_levels(run, drawn, progress=progress), len(drawn.points))

    return waiting.result(
        Task("clusters", f"names {run_key} {map_key}", say("names of the map's groups"), work), begin=True
    )


def shown_labels(levels: Sequence[Sequence[MapLabel]], n: int) -> Sequence[ShownLabel]:
    """Return text, size, depth and place of each name; one whose group has no group in it stays at the depths below."""
    shown: list[ShownLabel] = []
    above: list[MapLabel] = []
    for depth, level in enumerate(levels):
        named = np.zeros(n, bool)
        for label in level:
            named[label.members] = True
        above = [*level, *(label for label in above if not named[label.members].any())]
        shown += [(label.text, label.size, depth, tuple(label.place.tolist())) for label in above]
    return shown
