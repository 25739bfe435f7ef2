"""Maps of a medium: the share of each word, cell or segment in the cosine with a point of the shared space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isqrt
from typing import TypeVar

import numpy as np

from mmalign_core.explain.faithfulness import faithfulness
from mmalign_core.explain.masks import MediaMap
from mmalign_core.explain.occlusion import grid_windows, occlusion
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media, Progress, no_progress
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.attribution_model import (
    LABELS,
    map_by_attention,
    map_through_model,
    why_not_attention,
    why_not_through_model,
)
from mmalign_core.workflow.explanation.attribution_steps import (
    exact_step_map,
    gradient_step_map,
    why_not_exact,
    why_not_gradients,
)
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium

T = TypeVar("T")
METHODS = ("auto", "exact", "gradients", "attention", "legrad", "grad-eclip", "occlusion")
WINDOW = 3 / 7
"""Side of the square of cells masked together, relative to the picture's. On photographs masking one cell of 7 x 7
changed too little, and squares of 3 x 3, moved by one, gave maps two to four times as far above chance."""
MANY_WORDS = 40
"""Longer texts are explained by attention: leaving one of many words out changes the place little, and trying each word
takes long. Chosen, not measured."""
ORDERS, CURVE_POINTS = 20, 8
"""Random orders that a map is compared with, and points of a deletion curve: about 350 masks. From 19 orders on the
interval needs no assumption."""


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
    """Return the share of each part of the medium in the cosine of its place with `target` (k,).

    `medium` need not be in the run's collection: it can be a typed text or an uploaded picture. `grid`: cells per side
    of a picture. `method`: "exact" if the encoder pools by a mean and the aligner is linear; "gradients" (integrated)
    over the steps, or through the whole encoder if it has gradients; "attention", "legrad" and "grad-eclip" from one
    backward pass, if the encoder has attention; "occlusion" for any. "auto" is the most faithful by
    benchmarks/tower_maps.py: the first of exact and gradients that is possible, attention for texts of more than
    MANY_WORDS words, else occlusion. `faithful` measures the map's faithfulness by masking copies of the medium in its
    order and in random orders, which takes several times as long as the map. BadInput if the run cannot place the
    medium, or the method is not possible.
    """
    check_method(method)
    masked = MaskedMedium(run, medium, store=store, settings=settings, grid=grid, progress=progress)
    return map_of(masked, target, method=method, faithful=faithful, seed=seed)


def map_of(
    masked: MaskedMedium, target: np.ndarray, *, method: str = "auto", faithful: bool = True, seed: int = 0
) -> MediaMap:
    """Return the map of a medium that is divided into parts already; see `media_map`."""
    chosen = choose_method(masked, method)
    windows = _windows(masked)
    ways = 1 + (len(masked.parts) if windows is None else len(windows))
    masked.expect((ways if chosen == "occlusion" else 0) + (2 * CURVE_POINTS * (ORDERS + 1) if faithful else 0))
    found = _map_by(masked, target, chosen)
    if not faithful:
        return found
    seen = faithfulness(found.values, masked.scores(target), seed, ORDERS, steps=CURVE_POINTS)
    return replace(found, faithfulness=seen)


def choose_method(masked: MaskedMedium, method: str) -> str:
    """Return the method for this medium. BadInput with the reason if `method` is not possible."""
    check_method(method)
    if method == "auto":
        long = masked.modality == "text" and len(masked.parts) > MANY_WORDS
        order = ("exact", "gradients", *(("attention",) if long else ()), "occlusion")
        return next(name for name in order if not _why_not(masked, name))
    if reason := _why_not(masked, method):
        raise BadInput(
            say(
                "method '{method}' does not suit this {modality}: {reason}; use auto",
                method=method,
                modality=say_word(masked.modality),
                reason=reason,
            )
        )
    return method


def _why_not(masked: MaskedMedium, method: str) -> str:
    """Return the reason why the method is not possible for this medium, or '' if it is."""
    if method == "exact":
        return why_not_exact(masked)
    if method == "gradients":
        return why_not_gradients(masked) and why_not_through_model(masked)
    return why_not_attention(masked) if method in LABELS else ""


def _map_by(masked: MaskedMedium, target: np.ndarray, method: str) -> MediaMap:
    if method == "exact":
        return exact_step_map(masked, target)
    if method == "gradients":
        return map_through_model(masked, target) if why_not_gradients(masked) else gradient_step_map(masked, target)
    return map_by_attention(masked, target, method) if method in LABELS else _map_by_occlusion(masked, target)


def check_method(method: str) -> None:
    """Raise BadInput unless it is one of METHODS."""
    if method not in METHODS:
        raise BadInput(
            say("unknown method '{method}'; choose one of: {methods}", method=method, methods=say_list(METHODS))
        )


def _windows(masked: MaskedMedium) -> np.ndarray | None:
    """Return (g, p) cells of a picture that are masked together, or None if each part is masked alone."""
    side = isqrt(len(masked.parts))
    size = round(WINDOW * side)
    return grid_windows(side, side, size) if masked.modality == "image" and size > 1 else None


def _map_by_occlusion(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    parts = len(masked.parts)
    values, score, rest = occlusion(parts, masked.scores(target), _windows(masked))
    return MediaMap(masked.modality, masked.parts, values, rest, score, "occlusion")


def or_note(notes: list[str], make: Callable[[], T]) -> T | None:
    """Return the result of `make`, or None if it raises BadInput. The message is then added to `notes`."""
    try:
        return make()
    except BadInput as reason:
        notes.append(str(reason))
        return None
