"""Use case: which words of a text, cells of a picture or segments of a sound bring it near a point of the space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmalign_core.explain.faithfulness import faithfulness
from mmalign_core.explain.masks import MediaMap
from mmalign_core.explain.occlusion import occlusion
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media, Progress, no_progress
from mmalign_core.workflow.aligning import Run
from mmalign_core.workflow.masking import MaskedMedium

METHODS = ("auto", "exact", "gradients", "occlusion")
ORDERS, CURVE_POINTS = 20, 8
"""Random orders that a map is compared with, and points of a deletion curve: about 350 masks."""


def media_map(
    run: Run,
    medium: Media,
    target: np.ndarray,
    *,
    store: Store,
    settings: Settings | None = None,
    method: str = "auto",
    grid: int = 7,
    faithful: bool = True,
    seed: int = 0,
    progress: Progress = no_progress,
) -> MediaMap:
    """What each part of the medium adds to the cosine of its place with `target` (k,), a point of the shared space.

    `medium` need not be of the run's collection: a typed text or an uploaded picture will do. `grid`: cells a side of
    a picture. `faithful` masks real copies of the medium in the map's order and in random ones; without it the map
    comes several times sooner. BadInput where the run cannot place the medium, or the method does not suit it.
    """
    masked = MaskedMedium(run, medium, store=store, settings=settings, grid=grid, progress=progress)
    return map_of(masked, target, method=method, faithful=faithful, seed=seed)


def map_of(
    masked: MaskedMedium, target: np.ndarray, *, method: str = "auto", faithful: bool = True, seed: int = 0
) -> MediaMap:
    """The same of a medium that was taken apart already."""
    if method not in METHODS:
        raise BadInput(f"unknown method '{method}'; choose one of: {', '.join(METHODS)}")
    parts = len(masked.parted.parts)
    masked.expected = masked.placed + parts + 1 + (2 * CURVE_POINTS * (ORDERS + 1) if faithful else 0)
    found = _by_occlusion(masked, target)
    if not faithful:
        return found
    seen = faithfulness(found.values, masked.scores(target), seed, ORDERS, steps=CURVE_POINTS)
    return replace(found, faithfulness=seen)


def _by_occlusion(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    values, score, rest = occlusion(len(masked.parted.parts), masked.scores(target))
    return MediaMap(masked.modality, masked.parted.parts, values, rest, score, "occlusion")
