"""Attribution through the whole model: gradients of the cosine through aligner and encoder to the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.encoders.attribution import Attribution
from mmalign_core.encoders.explainable import intervals, overlaps
from mmalign_core.explain.gradients import integrated_map
from mmalign_core.explain.masks import MediaMap
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium

if TYPE_CHECKING:
    import torch

THROUGH = "integrated gradients through the model"

LABELS = {
    "attention": "gradient-weighted attention",
    "legrad": "LeGrad",
    "grad-eclip": "Grad-ECLIP",
}
"""Rule of attribution by attention -> name of the map's method."""
POINTS, MOST_POINTS, GAP, AT_ONCE = 4, 16, 0.02, 2
"""First and largest number of points of the integral, the completeness gap at which it stops, and points per pass.
Each point keeps the graph of the whole tower in memory, gigabytes for a large one, so a head gets more of them."""


def why_not_through_model(masked: MaskedMedium) -> str:
    """Return the reason why there are no integrated gradients through the encoder, or '' if there are."""
    if masked.encoder.differentiable_input(masked.view) is None:
        return say("{name} has no gradients", name=masked.encoder.name)
    return _why_not_vector(masked)


def why_not_attention(masked: MaskedMedium) -> str:
    """Return the reason why there is no map by the encoder's attention, or '' if there is one."""
    if not masked.encoder.attends:
        return say("{name} has no attention", name=masked.encoder.name)
    return _why_not_vector(masked)


def _why_not_vector(masked: MaskedMedium) -> str:
    aligner, modality = masked.run.aligner, masked.modality
    if aligner.needs_sequences:
        return say("{name} reads more than the encoder's vector", name=aligner.name)
    if aligner.linear_map(modality) is None and aligner.differentiable(modality) is None:
        return say("{name} has no gradients here", name=aligner.name)
    return ""


def map_through_model(masked: MaskedMedium, target: np.ndarray) -> MediaMap:
    """Return integrated gradients of the cosine with `target` (k,) through aligner and encoder.

    The path goes from the medium with every part masked to the whole medium, so the values sum to the change of the
    cosine when everything is masked. Sundararajan et al. (2017).
    """
    import torch

    whole = masked.encoder.differentiable_input(masked.view)
    empty = masked.encoder.differentiable_input(masked.masked_view(np.zeros(len(masked.parts), bool)))
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
    values = share_among_parts(Attribution(found.values, whole.places), part_spans(masked))
    rest = found.score - float(values.sum())
    return MediaMap(masked.modality, masked.parts, values, rest, found.score, THROUGH)


def map_by_attention(masked: MaskedMedium, target: np.ndarray, rule: str) -> MediaMap:
    """Return attribution by the encoder's attention under `rule`, shared among the parts and scaled to the cosine.

    Attribution by attention has no unit. Its magnitudes are scaled to sum to the change of the cosine if all parts are
    masked. `rest` is the score minus the sum of the values.
    """
    found = masked.encoder.attribution(masked.view, cosine_gradient(masked, target), rule)
    values = share_among_parts(found, part_spans(masked))
    whole = np.ones((1, len(values)), bool)
    score, empty = (float(x) for x in masked.scores(target)(np.concatenate([whole, ~whole])))
    total = float(np.abs(values).sum())
    values = values * (abs(score - empty) / total) if total > 0 else np.zeros(len(values))
    rest = score - float(values.sum())
    return MediaMap(masked.modality, masked.parts, values, rest, score, LABELS[rule])


def cosine_gradient(masked: MaskedMedium, target: np.ndarray) -> np.ndarray:
    """Return the gradient (d,) of the cosine with `target` (k,) by the encoder's vector; zero for a zero place."""
    import torch

    place, along = _place(masked), torch.tensor(unit_rows(target[None])[0], dtype=torch.float32)
    with torch.enable_grad():
        vector = torch.tensor(masked.row.vectors[:1], dtype=torch.float32, requires_grad=True)
        (found,) = torch.autograd.grad((place(vector) @ along).sum(), vector)
    return found[0].double().numpy()


def _place(masked: MaskedMedium) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the function from the encoder's vectors (n, d) to the aligner's unit places (n, k), with gradients."""
    import torch
    from torch.nn.functional import normalize

    linear_map = masked.run.aligner.linear_map(masked.modality)
    if linear_map is None:
        through = masked.run.aligner.differentiable(masked.modality)
        assert through is not None
        return lambda vectors: through(vectors, vectors[:, None])
    centre, linear, bias = (
        torch.tensor(a, dtype=torch.float32) for a in (linear_map.centre, linear_map.linear, linear_map.bias)
    )
    return lambda vectors: normalize((vectors - centre) @ linear + bias, dim=-1)


def part_spans(masked: MaskedMedium) -> np.ndarray:
    """Return (p, 2 or 4): the span of the view that is masked with each part. A word's ends at the next word."""
    places = np.array([part.place for part in masked.parts], dtype=np.float64)
    if masked.modality != "text" or not len(places):
        return places.reshape(len(places), -1)
    return intervals(np.array([0.0, *places[1:, 0], len(masked.view)]))


def share_among_parts(found: Attribution, places: np.ndarray) -> np.ndarray:
    """Return (p,) the steps' values shared among the parts at `places` (p, 2 or 4), in proportion to the overlap.

    The sum is kept, except for steps outside every part: special tokens of a tokenizer, borders around a picture.
    """
    if not len(places):
        return np.zeros(0)
    if places.shape[1] == 2:
        return overlaps(found.places, places) @ found.values
    across, down = (_shared(found.places[:, [i, i + 2]], places[:, [i, i + 2]]) for i in (0, 1))
    both = across * down
    return both / np.maximum(both.sum(axis=0), 1e-12) @ found.values


def _shared(spans: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return (p, t): the overlap of each span (t, 2) with each place (p, 2)."""
    starts = np.maximum(spans[None, :, 0], places[:, None, 0])
    return np.clip(np.minimum(spans[None, :, 1], places[:, None, 1]) - starts, 0, None)
