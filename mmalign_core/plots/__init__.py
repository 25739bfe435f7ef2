"""Figures: arrays and data frames in, plotly figures out. Nothing here knows the dashboard."""

from mmalign_core.plots.colours import MODALITY_COLOURS, MODALITY_SYMBOLS
from mmalign_core.plots.contributions import contribution_figure
from mmalign_core.plots.fit_curves import fit_figure, is_training, latest_fit
from mmalign_core.plots.labels import plain_label
from mmalign_core.plots.leaderboard import difference_figure, quality_time_figure
from mmalign_core.plots.learning_curves import learning_figure
from mmalign_core.plots.metric_bars import metric_figure
from mmalign_core.plots.picture_map import picture_map_figure
from mmalign_core.plots.similarity_heatmap import heatmap_figure
from mmalign_core.plots.sound_map import sound_map_figure
from mmalign_core.plots.space_map import map_figure
from mmalign_core.plots.threshold_curve import threshold_figure
from mmalign_core.plots.video_map import video_map_figure
from mmalign_core.plots.word_map import word_map_html

__all__ = [
    "MODALITY_COLOURS",
    "MODALITY_SYMBOLS",
    "contribution_figure",
    "difference_figure",
    "fit_figure",
    "heatmap_figure",
    "is_training",
    "latest_fit",
    "learning_figure",
    "map_figure",
    "metric_figure",
    "picture_map_figure",
    "plain_label",
    "quality_time_figure",
    "sound_map_figure",
    "threshold_figure",
    "video_map_figure",
    "word_map_html",
]
