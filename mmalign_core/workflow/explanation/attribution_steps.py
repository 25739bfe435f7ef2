"""Attribution to the steps that an encoder pools: exact if encoder and aligner are linear, else by gradients."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.encoders.explainable import intervals, overlaps, windows
from mmalign_core.explain.gradients import integrated_map
from mmalign_core.explain.linear_terms import exact_map
from mmalign_core.explain.masks import MediaMap
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium

if TYPE_CHECKING:
    import torch

POINTS, MOST_POINTS = 32, 128
"""First and largest number of points of the integral. The aligner's head is small: 128 passes take milliseconds."""


def why_not_exact(masked: MaskedMedium) -> str:
    """Return the reason why this medium has no exact map, or '' if it has one."""
    if masked.run.aligner.linear_map(masked.modality) is None:
        return say("{name} does not place it by one linear map", name=masked.run.aligner.name)
    return _why_not_steps(masked)


def why_not_gradients(masked: MaskedMedium) -> str:
    """Return the reason why this medium has no map by gradients of its steps, or '' if it has one."""
    if masked.run.aligner.differentiable(masked.modality) is None:
        return say("{name} has no gradients here", name=masked.run.aligner.name)
    return _why_not_steps(masked)


def exact_step_map(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    """Return exact terms of the cosine with `target` (k,) for each cell or frame, at the place's current length."""
    linear_map = masked.run.aligner.linear_map(masked.modality)
    assert linear_map is not None
    steps = masked.sequence().astype(np.float64)
    centre, linear = linear_map.homogeneous
    by_sense = _by_sense(masked, steps)
    wide = np.pad(by_sense.reshape(-1, steps.shape[1]), ((0, 0), (0, 1)))
    weights = np.tile(_weights(masked, len(steps)), len(by_sense))
    values, rest, score = exact_map(wide, centre, linear, target, weights)
    return _map(masked, values.reshape(by_sense.shape[:2]), rest, score, "exact")


def gradient_step_map(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    """Return integrated gradients of the cosine with `target` (k,), from all parts masked to the whole medium.

    Sundararajan et al. (2017).
    """
    import torch

    place = masked.run.aligner.differentiable(masked.modality)
    assert place is not None
    steps = masked.sequence()
    by_sense = torch.tensor(_by_sense(masked, steps))
    direction = torch.tensor(unit_rows(target[None])[0])
    weights = torch.tensor(_weights(masked, len(steps)), dtype=torch.float32)
    empty = masked.sequence(np.zeros(len(masked.parts), bool))
    baseline = empty if empty.shape == steps.shape else np.broadcast_to(empty.mean(axis=0), steps.shape)

    def scores(rows: torch.Tensor) -> torch.Tensor:
        whole = rows.view(len(rows), *by_sense.shape).sum(dim=1)
        return place(torch.einsum("t,btd->bd", weights, whole), whole) @ direction

    start = torch.tensor(_by_sense(masked, baseline)).flatten(0, 1)
    found = integrated_map(scores, by_sense.flatten(0, 1), start, points=POINTS, most_points=MOST_POINTS)
    return _map(masked, found.values.reshape(by_sense.shape[:2]), found.rest, found.score, say("integrated gradients"))


def _by_sense(masked: MaskedMedium, steps: np.ndarray) -> np.ndarray:
    """Return (senses, t, d) of steps (t, d). The senses of a video with sound, seen and heard, sum to the steps."""
    if not any(part.sense for part in masked.parts):
        return steps[None]
    seen = steps.copy()
    seen[:, masked.encoder.heard_from :] = 0
    return np.stack([seen, steps - seen])


def _map(masked: MaskedMedium, values: np.ndarray, rest: float, score: float, method: str) -> MediaMap:
    """Return the map of values (senses, t). Frames of a sound or video are shared among segments by overlap."""
    parts = masked.parts
    if masked.modality in ("audio", "video"):
        places = np.array([part.place for part in parts[: len(parts) // len(values)]])
        spread = overlaps(_spans(masked, values.shape[1]), places)
        spread[-1] += spread.sum(axis=0) == 0
        values = values @ spread.T
    return MediaMap(masked.modality, parts, values.ravel(), rest, score, method)


def _spans(masked: MaskedMedium, steps: int) -> np.ndarray:
    """Return (t, 2): start and end in seconds of each step. Steps of a sound overlap."""
    if masked.modality == "video":
        return intervals(masked.view.edges)
    return windows(steps, *masked.encoder.frames)


def _weights(masked: MaskedMedium, steps: int) -> np.ndarray:
    return np.full(steps, 1.0 if masked.encoder.pooling == "sum" else 1 / steps)


def _why_not_steps(masked: MaskedMedium) -> str:
    """Return the reason why the encoder's steps do not match the parts (another pooling, other steps), or ''."""
    name, steps = masked.encoder.name, len(masked.sequence()) if masked.encoder.pooling else 0
    if not masked.encoder.pooling:
        return say("{name} does not pool its steps in a simple way", name=name)
    if masked.modality == "image" and steps != len(masked.parts):
        return say("{name} sees {isqrt} cells a side, so ask for a grid of {isqrt}", name=name, isqrt=isqrt(steps))
    return "" if masked.modality in ("image", "audio", "video") else say("{name}'s steps are not words", name=name)
