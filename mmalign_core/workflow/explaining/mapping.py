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
from mmalign_core.workflow.aligning import Run
from mmalign_core.workflow.explaining.masking import MaskedMedium
from mmalign_core.workflow.explaining.stepping import exact, exact_fits, gradients, gradients_fit

METHODS = ("auto", "exact", "gradients", "occlusion")
WINDOW = 3 / 7
"""Side of the square of cells masked together, as a share of the picture's: over photographs one cell of 7 x 7 hid too
little to be missed, and squares of 3 x 3, moved by one, gave maps two to four times as far above chance."""
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
    where it is trained with more; "occlusion" for any; "auto" the first of these that suits. `faithful` masks real
    copies of the medium in the map's order and in random ones; without it the map comes several times sooner.
    BadInput where the run cannot place the medium, or the method does not suit it.
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
    found = {"exact": exact, "gradients": gradients, "occlusion": _by_occlusion}[chosen](masked, target)
    if not faithful:
        return found
    seen = faithfulness(found.values, masked.scores(target), seed, ORDERS, steps=CURVE_POINTS)
    return replace(found, faithfulness=seen)


def suited(masked: MaskedMedium, method: str) -> str:
    """The method that is used when this one is asked for; BadInput says why it cannot be."""
    check_method(method)
    why_not = {"exact": exact_fits(masked), "gradients": gradients_fit(masked), "occlusion": ""}
    if method == "auto":
        return next(name for name, reason in why_not.items() if not reason)
    if why_not[method]:
        raise BadInput(f"method '{method}' does not suit this {masked.modality}: {why_not[method]}; use auto")
    return method


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
