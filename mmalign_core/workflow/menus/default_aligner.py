"""Use case: the default aligner for a pair of modalities."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.encoders import ENCODERS, Encoder
from mmalign_core.spaces import parts_of
from mmalign_core.types import EmbeddingSet
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS
from mmalign_core.workflow.menus.available_models import same_space, share_space

FROM_PAIRS = "relative"
"""The aligner for vectors that are related only by known pairs. It takes any widths and at least two pairs."""


def default_aligner(pair: tuple[str, str], encoders: Mapping[str, str], given: Mapping[str, EmbeddingSet]) -> str:
    """Return the name of the default aligner. `given`: modality -> the vectors that came with the data.

    If both modalities have vectors of equal width: 'as-is', since they may share a space. If any has vectors otherwise:
    FROM_PAIRS. Without such vectors: the `usual_aligner` for `encoders` (modality -> reference).
    """
    widths = [given[modality].vectors.shape[1] for modality in pair if modality in given]
    if not widths:
        return usual_aligner(pair, encoders)
    return "as-is" if len(widths) == len(pair) and len(set(widths)) == 1 else FROM_PAIRS


def usual_aligner(pair: tuple[str, str], encoders: Mapping[str, str]) -> str:
    """Return the name of an aligner for these encoders (else the defaults), if possible one that needs no known pairs.

    'as-is' for towers of one model, 'pivot' if both spaces have a text tower, 'bridge' if the encoders name concepts,
    else 'relative', which learns from known pairs.
    """
    if share_space(pair, encoders):
        return "as-is"
    own = {m: same_space(encoders.get(m, DEFAULT_ENCODERS.get(m, "")), m) for m in pair}
    if all("text" in space for space in own.values()):
        return "pivot"
    named = all(names_concepts(encoders.get(m, DEFAULT_ENCODERS.get(m, ""))) for m in pair if m != "text")
    return "bridge" if named else FROM_PAIRS


def names_concepts(reference: str) -> bool:
    """Whether the encoder has concept labels. An encoder with a chosen model has none."""
    name, _, model = parts_of(reference)
    return name in ENCODERS.names() and not model and ENCODERS.get(name).labels is not Encoder.labels
