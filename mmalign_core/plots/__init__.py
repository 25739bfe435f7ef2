"""Figures of the dashboard and of runs. Functions take arrays and data frames and return plotly figures.

Each name is imported on first use, so importing this package is cheap. The imports below list the names, for type
checkers and for `lazy`, which reads them from this file.
"""

# ruff: noqa: F401  the imports under TYPE_CHECKING are the names that this package exports

from __future__ import annotations

from typing import TYPE_CHECKING

from mmalign_core.faces import lazy

if TYPE_CHECKING:
    from mmalign_core.plots.answer_scores import answer_scores_figure as answer_scores_figure
    from mmalign_core.plots.colours import FUSED_COLOUR as FUSED_COLOUR
    from mmalign_core.plots.colours import MODALITY_COLOURS as MODALITY_COLOURS
    from mmalign_core.plots.colours import MODALITY_SYMBOLS as MODALITY_SYMBOLS
    from mmalign_core.plots.colours import OTHER_COLOUR as OTHER_COLOUR
    from mmalign_core.plots.colours import named_colours as named_colours
    from mmalign_core.plots.contributions import contribution_figure as contribution_figure
    from mmalign_core.plots.curves import fit_figure as fit_figure
    from mmalign_core.plots.curves import is_training as is_training
    from mmalign_core.plots.curves import latest_fit as latest_fit
    from mmalign_core.plots.curves import learning_figure as learning_figure
    from mmalign_core.plots.curves import threshold_figure as threshold_figure
    from mmalign_core.plots.density import density_picture as density_picture
    from mmalign_core.plots.labels import cut as cut_text
    from mmalign_core.plots.labels import measure_word as measure_word
    from mmalign_core.plots.labels import plain_label as plain_label
    from mmalign_core.plots.leaderboard import difference_figure as difference_figure
    from mmalign_core.plots.leaderboard import quality_time_figure as quality_time_figure
    from mmalign_core.plots.map_marks import MapMarks as MapMarks
    from mmalign_core.plots.map_marks import MapQuery as MapQuery
    from mmalign_core.plots.metric_bars import arrow as direction_arrow
    from mmalign_core.plots.metric_bars import metric_figure as metric_figure
    from mmalign_core.plots.outlines import inside_outline as inside_outline
    from mmalign_core.plots.outlines import seen_places as seen_places
    from mmalign_core.plots.picture_map import picture_map_figure as picture_map_figure
    from mmalign_core.plots.point_groups import VIRIDIS as VIRIDIS
    from mmalign_core.plots.point_groups import MapGroups as MapGroups
    from mmalign_core.plots.point_groups import map_groups as map_groups
    from mmalign_core.plots.point_places import SHAPES as SHAPES
    from mmalign_core.plots.point_places import MapPoints as MapPoints
    from mmalign_core.plots.point_places import extent_of as extent_of
    from mmalign_core.plots.point_places import map_points as map_points
    from mmalign_core.plots.point_places import packed as packed_values
    from mmalign_core.plots.point_places import shape_of as shape_of
    from mmalign_core.plots.point_places import shared_first as shared_first
    from mmalign_core.plots.rank_histogram import query_rank_figure as query_rank_figure
    from mmalign_core.plots.rank_histogram import rank_figure as rank_figure
    from mmalign_core.plots.recommender_slices import SLICE_WORDS as SLICE_WORDS
    from mmalign_core.plots.recommender_slices import learns_from as learns_from
    from mmalign_core.plots.recommender_slices import slice_differences_figure as slice_differences_figure
    from mmalign_core.plots.recommender_slices import slices_figure as slices_figure
    from mmalign_core.plots.run_differences import run_difference_figure as run_difference_figure
    from mmalign_core.plots.run_differences import two_maps_figure as two_maps_figure
    from mmalign_core.plots.similarity_heatmap import heatmap_figure as heatmap_figure
    from mmalign_core.plots.slice_bars import slice_figure as slice_figure
    from mmalign_core.plots.space_map import map_figure as map_figure
    from mmalign_core.plots.time_maps import sound_map_figure as sound_map_figure
    from mmalign_core.plots.time_maps import video_map_figure as video_map_figure
    from mmalign_core.plots.word_map import word_map_html as word_map_html

__getattr__, __dir__ = lazy(globals())
