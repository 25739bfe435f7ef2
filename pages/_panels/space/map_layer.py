"""What the map of the shared space shows: its places, its colours, and what is said of a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mmalign_core.plots import MapGroups, MapPoints, map_groups, map_points, packed_values
from mmalign_core.workflow import Judgements, MapClusters, Run, SpaceMap
from pages._components.media import row_media
from pages._components.point_map import Label
from pages._panels.space import colours
from pages._session import media_cache


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


def cluster_labels(found: MapClusters | None) -> Sequence[tuple]:
    """Return text, size, level and place of each cluster."""
    if found is None:
        return ()
    counts: dict[str | None, int] = {}
    for name in found.point_names:
        counts[name] = counts.get(name, 0) + 1
    return [
        (", ".join(found.keywords[n]) or name, counts.get(name, 0), 0, found.centres[n])
        for n, name in found.names.items()
    ]
