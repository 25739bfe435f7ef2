"""The maps of both runs side by side: one selection for both, and the item under the pointer is ringed in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from mmalign_core.plots import (
    MapGroups,
    MapPoints,
    extent_of,
    map_groups,
    map_points,
    packed_values,
    shared_first,
    two_maps_figure,
)
from mmalign_core.wording import say, tr
from mmalign_core.workflow import SpaceMap, turned_map
from pages._components import figures, point_map, waiting
from pages._panels.compare.comparison import Comparison, map_task
from pages._panels.space import map_layer
from pages._session import media_cache, run_cache, state
from pages._session.view_spec import ViewSpec

_KEY = "compare.maps"
_HEIGHT = 430
"""Pixels of each map; our choice: both stand side by side, so each is narrow."""
_ALT = say("The maps of both runs side by side; the selected items are ringed in both")


def show(
    found: Comparison, specs: tuple[ViewSpec, ViewSpec], names: tuple[str, str], pick: Callable[..., None]
) -> None:
    """Draw both maps, or the progress of the one that is not drawn yet. `pick` gets the items of a selection."""
    drawn = [waiting.result(map_task(run, spec), begin=True) for run, spec in zip(found.runs, specs)]
    if any(one is None for one in drawn):
        return
    key = " ".join(f"{spec.run_key} {spec.map_key}" for spec in specs)
    rows, points, shared = media_cache.of_map(
        f"{key} {[one.projection.seconds for one in drawn]}", lambda: _both(drawn)
    )
    groups = [_coloured(one, drawn) for one in drawn]
    chosen, item = state.selection(), state.selected_item()
    layers = [
        point_map.Layer(
            places,
            frame[["x", "y"]].to_numpy(float),
            paint,
            packed_values(paint.codes[places.order]),
            focus=[item] if item else [],
            chosen=chosen,
            title=title,
            height=_HEIGHT,
            view=key,
        )
        for places, frame, paint, title in zip(points, rows, groups, names)
    ]
    point_map.show(
        layers,
        key=_KEY,
        alt=tr(_ALT),
        colour="modality",
        on_point=lambda side, row: pick(str(rows[side]["item"].iat[row])),
        on_rows=lambda side, held: pick(*dict.fromkeys(rows[side]["item"].iloc[held])),
        label=lambda side, row: map_layer.label(found.runs[side], drawn[side], row),
        shared=shared,
        said=tr("{n:,} items selected", n=len(chosen)) if chosen else "",
    )
    ringed = chosen or [one for one in [item] if one]
    figures.save_map(
        _KEY,
        lambda: two_maps_figure(rows, [_labels(found, side, specs[side]) for side in (0, 1)], names, chosen=ringed),
        title=tr(_ALT),
        points=sum(map(len, rows)),
        against=names[0],
    )
    st.caption(
        tr(
            "Point at an item to see where it lies in the other map; click, or draw a box or a lasso, to "
            "select in both. The arrow of the tools moves the left map's points to their places on the right "
            "map. The left map is turned to lie as the right one does; distances on it stay. Distances "
            "between far groups mean little on any such map."
        )
    )


def _both(drawn: list[SpaceMap]) -> tuple[list[pd.DataFrame], list[MapPoints], int]:
    """Return the rows of both maps, the left ones turned, their places over one extent, and how many media are shared.

    Media of both maps come first and in one order, so that a point has the same number in both.
    """
    rows = [turned_map(drawn[0].points, drawn[1].points), drawn[1].points]
    places = [frame[["x", "y"]].to_numpy(float) for frame in rows]
    centred = [
        frame.assign(x=at[:, 0] - at[:, 0].mean(), y=at[:, 1] - at[:, 1].mean()) for frame, at in zip(rows, places)
    ]
    extent = extent_of(*(frame[["x", "y"]].to_numpy(float) for frame in centred))
    first = shared_first(*centred)
    return centred, [map_points(frame, first=one, extent=extent) for frame, one in zip(centred, first)], len(first[0])


def _coloured(one: SpaceMap, drawn: list[SpaceMap]) -> MapGroups:
    """Colour by modality, which has one code on both maps."""
    kinds = list(dict.fromkeys(kind for other in drawn for kind in other.points["modality"]))
    found = map_groups(np.concatenate([kinds, one.points["modality"].to_numpy()]).astype(object), None)
    groups = tuple(replace(group, count=group.count - 1) for group in found.groups)
    return MapGroups(found.codes[len(kinds) :], found.palette, groups)


def _labels(found: Comparison, side: int, spec: ViewSpec) -> list[str]:
    run = found.runs[side]
    return [label for modality in run.result.space for label in run_cache.row_labels(spec.run_key, modality, run)]
