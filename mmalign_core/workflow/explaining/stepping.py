"""Maps of a medium from the steps its encoder saw before pooling: exact where all is linear, else by gradients."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.explain.gradients import integrated_map
from mmalign_core.explain.linear import exact_map
from mmalign_core.explain.masks import MediaMap
from mmalign_core.spans import overlaps, stretches, windows
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow.explaining.masking import MaskedMedium

if TYPE_CHECKING:
    import torch


def exact_fits(masked: MaskedMedium) -> str:
    """Why no exact map can be made of this medium; '' if one can."""
    if masked.run.aligner.linear_map(masked.modality) is None:
        return f"{masked.run.aligner.name} does not place it by one linear map"
    return _steps_fit(masked)


def gradients_fit(masked: MaskedMedium) -> str:
    """Why no map can be made by gradients; '' if one can."""
    if masked.run.aligner.differentiable(masked.modality) is None:
        return f"{masked.run.aligner.name} has no gradients here"
    return _steps_fit(masked)


def exact(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    """The terms of the cosine itself: what each cell or frame adds while the place's length is taken as it is."""
    opened = masked.run.aligner.linear_map(masked.modality)
    assert opened is not None
    steps = masked.sequence().astype(np.float64)
    centre, linear = opened.homogeneous
    told = _by_sense(masked, steps)
    wide = np.pad(told.reshape(-1, steps.shape[1]), ((0, 0), (0, 1)))
    weights = np.tile(_weights(masked, len(steps)), len(told))
    values, rest, score = exact_map(wide, centre, linear, target, weights)
    return _map(masked, values.reshape(told.shape[:2]), rest, score, "exact")


def gradients(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    """Integrated gradients from the medium with all its parts masked to the medium itself."""
    import torch

    place = masked.run.aligner.differentiable(masked.modality)
    assert place is not None
    steps = masked.sequence()
    told = torch.tensor(_by_sense(masked, steps))
    direction = torch.tensor(unit_rows(target[None])[0])
    weights = torch.tensor(_weights(masked, len(steps)), dtype=torch.float32)
    empty = masked.sequence(np.zeros(len(masked.parted.parts), bool))
    baseline = empty if empty.shape == steps.shape else np.broadcast_to(empty.mean(axis=0), steps.shape)

    def scores(rows: torch.Tensor) -> torch.Tensor:
        whole = rows.view(len(rows), *told.shape).sum(dim=1)
        return place(torch.einsum("t,btd->bd", weights, whole), whole) @ direction

    start = torch.tensor(_by_sense(masked, baseline)).flatten(0, 1)
    found = integrated_map(scores, told.flatten(0, 1), start, points=32, most_points=128)
    return _map(masked, found.values.reshape(told.shape[:2]), found.rest, found.score, "integrated gradients")


def _by_sense(masked: MaskedMedium, steps: np.ndarray) -> np.ndarray:
    """(senses, t, d) of steps (t, d): what is seen and what is heard of a video that has a sound; they sum to it."""
    if not any(part.sense for part in masked.parted.parts):
        return steps[None]
    seen = steps.copy()
    seen[:, masked.encoder.heard_from :] = 0
    return np.stack([seen, steps - seen])


def _map(masked: MaskedMedium, values: np.ndarray, rest: float, score: float, method: str) -> MediaMap:
    """With the frames of a sound or video, values (senses, t), spread over its segments by the time they share."""
    parts = masked.parted.parts
    if masked.modality in ("audio", "video"):
        places = np.array([part.place for part in parts[: len(parts) // len(values)]])
        spread = overlaps(_spans(masked, values.shape[1]), places)
        spread[-1] += spread.sum(axis=0) == 0
        values = values @ spread.T
    return MediaMap(masked.modality, parts, values.ravel(), rest, score, method)


def _spans(masked: MaskedMedium, steps: int) -> np.ndarray:
    """(t, 2) seconds that each step saw; steps of a sound overlap."""
    if masked.modality == "video":
        return stretches(masked.parted.view.edges)
    return windows(steps, *masked.encoder.frames)


def _weights(masked: MaskedMedium, steps: int) -> np.ndarray:
    return np.full(steps, 1.0 if masked.encoder.pooling == "sum" else 1 / steps)


def _steps_fit(masked: MaskedMedium) -> str:
    """Why the encoder's steps do not stand for the parts: it pools otherwise, or sees other parts."""
    name, steps = masked.encoder.name, len(masked.sequence()) if masked.encoder.pooling else 0
    if not masked.encoder.pooling:
        return f"{name} does not simply pool what it sees of parts"
    if masked.modality == "image" and steps != len(masked.parted.parts):
        return f"{name} sees {isqrt(steps)} cells a side, so ask for a grid of {isqrt(steps)}"
    return "" if masked.modality in ("image", "audio", "video") else f"{name}'s steps are not words"
