"""Maps of a medium by its encoder's own gradients, carried on through the aligner to a point of the shared space."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.encoders.relevance import Relevance
from mmalign_core.explain.gradients import integrated_map
from mmalign_core.explain.masks import MediaMap
from mmalign_core.spans import overlaps, stretches
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow.explaining.masking import MaskedMedium

if TYPE_CHECKING:
    import torch

THROUGH = "integrated gradients through the model"

LABELS = {
    "attention": "gradient-weighted attention",
    "legrad": "LeGrad",
    "grad-eclip": "Grad-ECLIP",
}
"""Rule of relevance -> what the method of a map is called."""
POINTS, MOST_POINTS, GAP, AT_ONCE = 4, 16, 0.02, 2
"""Points of the integral at first and at most, the gap at which no more are taken, and points in one pass: the graph of
a large tower takes gigabytes for each."""


def reading_fits(masked: MaskedMedium) -> str:
    """Why no integrated gradients can be taken through the encoder; '' if they can."""
    if masked.encoder.reading(masked.parted.view) is None:
        return f"{masked.encoder.name} shows no gradients of what it reads"
    return _vector_fits(masked)


def attention_fits(masked: MaskedMedium) -> str:
    """Why no map can be made by the encoder's attention; '' if one can."""
    if not masked.encoder.attends:
        return f"{masked.encoder.name} shows no attention to what it sees"
    return _vector_fits(masked)


def _vector_fits(masked: MaskedMedium) -> str:
    aligner, modality = masked.run.aligner, masked.modality
    if aligner.needs_sequences:
        return f"{aligner.name} reads more than the vector that the encoder makes"
    if aligner.linear_map(modality) is None and aligner.differentiable(modality) is None:
        return f"{aligner.name} has no gradients here"
    return ""


def through_encoder(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    """Integrated gradients of the cosine through aligner and encoder, on the way from the medium with all its parts
    masked to the medium: what a mask takes away is what is shared out, and the values sum to what it changes."""
    import torch

    whole = masked.encoder.reading(masked.parted.view)
    empty = masked.encoder.reading(masked.parted.masked(np.zeros(len(masked.parted.parts), bool)))
    assert whole is not None and empty is not None
    place, direction = _place(masked), torch.tensor(unit_rows(target[None])[0], dtype=torch.float32)

    def scores(inputs: torch.Tensor) -> torch.Tensor:
        return place(whole.vectors(inputs).float().cpu()) @ direction

    found = integrated_map(
        scores,
        torch.tensor(whole.inputs),
        torch.tensor(empty.inputs),
        tolerance=GAP,
        points=POINTS,
        most_points=MOST_POINTS,
        at_once=AT_ONCE,
    )
    values = shared_out(Relevance(found.values, whole.places), territories(masked))
    rest = found.score - float(values.sum())
    return MediaMap(masked.modality, masked.parted.parts, values, rest, found.score, THROUGH)


def by_attention(masked: MaskedMedium, target: np.ndarray, rule: str) -> MediaMap:
    """Relevance of what the encoder attends to, shared out to the parts and brought to the scale of the score.

    Relevance has no unit. It is scaled so that its sizes together are what masking all parts changes the cosine by.
    `rest` is what the values leave open.
    """
    found = masked.encoder.relevance(masked.parted.view, slope(masked, target), rule)
    values = shared_out(found, territories(masked))
    whole = np.ones((1, len(values)), bool)
    score, empty = (float(x) for x in masked.scores(target)(np.concatenate([whole, ~whole])))
    total = float(np.abs(values).sum())
    values = values * (abs(score - empty) / total) if total > 0 else np.zeros(len(values))
    rest = score - float(values.sum())
    return MediaMap(masked.modality, masked.parted.parts, values, rest, score, LABELS[rule])


def slope(masked: MaskedMedium, target: np.ndarray) -> np.ndarray:
    """(d,) gradient of the cosine of the place with the target, with respect to the encoder's vector; zero where the
    medium is like nothing."""
    import torch

    place, along = _place(masked), torch.tensor(unit_rows(target[None])[0], dtype=torch.float32)
    with torch.enable_grad():
        vector = torch.tensor(masked.row.vectors[:1], dtype=torch.float32, requires_grad=True)
        (found,) = torch.autograd.grad((place(vector) @ along).sum(), vector)
    return found[0].double().numpy()


def _place(masked: MaskedMedium) -> Callable[[torch.Tensor], torch.Tensor]:
    """The aligner's places (n, k) of the encoder's vectors (n, d), with gradients."""
    import torch
    from torch.nn.functional import normalize

    opened = masked.run.aligner.linear_map(masked.modality)
    if opened is None:
        through = masked.run.aligner.differentiable(masked.modality)
        assert through is not None
        return lambda vectors: through(vectors, vectors[:, None])
    centre, linear, bias = (torch.tensor(a, dtype=torch.float32) for a in (opened.centre, opened.linear, opened.bias))
    return lambda vectors: normalize((vectors - centre) @ linear + bias, dim=-1)


def territories(masked: MaskedMedium) -> np.ndarray:
    """(p, 2 or 4) what of the view goes when a part is masked: with a word what stands before the next one."""
    places = np.array([part.place for part in masked.parted.parts], dtype=np.float64)
    if masked.modality != "text" or not len(places):
        return places.reshape(len(places), -1)
    return stretches(np.array([0.0, *places[1:, 0], len(masked.parted.view)]))


def shared_out(found: Relevance, places: np.ndarray) -> np.ndarray:
    """(p,) the values of steps given to the parts at `places` (p, 2 or 4), each step by what it shares with each.

    Sums are kept, but for steps that lie in no part: marks of a tokenizer, borders around a picture.
    """
    if not len(places):
        return np.zeros(0)
    if places.shape[1] == 2:
        return overlaps(found.places, places) @ found.values
    across, down = (_shared(found.places[:, [i, i + 2]], places[:, [i, i + 2]]) for i in (0, 1))
    both = across * down
    return both / np.maximum(both.sum(axis=0), 1e-12) @ found.values


def _shared(spans: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(p, t) the length that each span (t, 2) shares with each place (p, 2)."""
    starts = np.maximum(spans[None, :, 0], places[:, None, 0])
    return np.clip(np.minimum(spans[None, :, 1], places[:, None, 1]) - starts, 0, None)
