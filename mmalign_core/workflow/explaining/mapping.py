"""Use case: which words of a text, cells of a picture or segments of a sound bring it near a point of the space."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt

import numpy as np

from mmalign_core.explain.faithfulness import faithfulness
from mmalign_core.explain.masks import MediaMap
from mmalign_core.explain.occlusion import grid_windows, occlusion
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media, Progress, no_progress
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.explaining.masking import MaskedMedium
from mmalign_core.workflow.explaining.relevant import (
    LABELS,
    attention_fits,
    by_attention,
    reading_fits,
    through_encoder,
)
from mmalign_core.workflow.explaining.stepping import exact, exact_fits, gradients, gradients_fit

METHODS = ("auto", "exact", "gradients", "attention", "legrad", "grad-eclip", "occlusion")
WINDOW = 3 / 7
"""Side of the square of cells masked together, as a share of the picture's: over photographs one cell of 7 x 7 hid too
little to be missed, and squares of 3 x 3, moved by one, gave maps two to four times as far above chance."""
MANY_WORDS = 40
"""From here on leaving out one word at a time changes little and takes long, so a text is explained by attention."""
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
    a picture. `method`: "exact" where the encoder pools plainly and the aligner is linear; "gradients" (integrated)
    where it is trained with more, or through the whole encoder where that has gradients; "attention", "legrad" and
    "grad-eclip" from one backward pass, where the encoder attends to what it sees; "occlusion" for any; "auto" what
    benchmarks/tower_maps.py found most faithful: the first of exact and gradients that suits, attention for texts of
    MANY_WORDS, else occlusion. `faithful` masks real copies of the medium in the map's order and in random ones;
    without it the map comes several times sooner. BadInput where the run cannot place the medium, or the method does
    not suit it.
    """
    check_method(method)
    masked = MaskedMedium(run, medium, store=store, settings=settings, grid=grid, progress=progress)
    return map_of(masked, target, method=method, faithful=faithful, seed=seed)


def map_of(
    masked: MaskedMedium, target: np.ndarray, *, method: str = "auto", faithful: bool = True, seed: int = 0
) -> MediaMap:
    """The same of a medium that was taken apart already."""
    chosen = suited(masked, method)
    windows = _windows(masked)
    ways = 1 + (len(masked.parted.parts) if windows is None else len(windows))
    masked.expect((ways if chosen == "occlusion" else 0) + (2 * CURVE_POINTS * (ORDERS + 1) if faithful else 0))
    found = _made(masked, target, chosen)
    if not faithful:
        return found
    seen = faithfulness(found.values, masked.scores(target), seed, ORDERS, steps=CURVE_POINTS)
    return replace(found, faithfulness=seen)


def suited(masked: MaskedMedium, method: str) -> str:
    """The method that is used when this one is asked for; BadInput says why it cannot be."""
    check_method(method)
    if method == "auto":
        long = masked.modality == "text" and len(masked.parted.parts) > MANY_WORDS
        asked = ("exact", "gradients", *(("attention",) if long else ()), "occlusion")
        return next(name for name in asked if not _why_not(masked, name))
    if reason := _why_not(masked, method):
        raise BadInput(f"method '{method}' does not suit this {masked.modality}: {reason}; use auto")
    return method


def _why_not(masked: MaskedMedium, method: str) -> str:
    """Why that method cannot be used on it; '' if it can."""
    if method == "exact":
        return exact_fits(masked)
    if method == "gradients":
        return gradients_fit(masked) and reading_fits(masked)
    return attention_fits(masked) if method in LABELS else ""


def _made(masked: MaskedMedium, target: np.ndarray, method: str) -> MediaMap:
    if method == "exact":
        return exact(masked, target)
    if method == "gradients":
        return through_encoder(masked, target) if gradients_fit(masked) else gradients(masked, target)
    return by_attention(masked, target, method) if method in LABELS else _by_occlusion(masked, target)


def check_method(method: str) -> None:
    """BadInput unless it is one of METHODS."""
    if method not in METHODS:
        raise BadInput(f"unknown method '{method}'; choose one of: {', '.join(METHODS)}")


def _windows(masked: MaskedMedium) -> np.ndarray | None:
    """Cells of a picture that are masked together; None for each part alone."""
    side = isqrt(len(masked.parted.parts))
    size = round(WINDOW * side)
    return grid_windows(side, side, size) if masked.modality == "image" and size > 1 else None


def _by_occlusion(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    parts = len(masked.parted.parts)
    values, score, rest = occlusion(parts, masked.scores(target), _windows(masked))
    return MediaMap(masked.modality, masked.parted.parts, values, rest, score, "occlusion")
