"""Use case: which aligner to begin with, where a person has named none."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.encoders import ENCODERS, Encoder
from mmalign_core.spaces import parts_of
from mmalign_core.types import EmbeddingSet
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS
from mmalign_core.workflow.menus.available_models import same_space, share_space

FROM_PAIRS = "relative"
"""The aligner for sides that have nothing but known pairs in common: of any widths, and from two pairs on."""


def default_aligner(pair: tuple[str, str], encoders: Mapping[str, str], given: Mapping[str, EmbeddingSet]) -> str:
    """The aligner to begin with. `given`: modality -> the vectors that came with the data.

    Vectors given for both sides are taken as they are where they are equally wide.
    Given vectors that cannot lie in one space with the other side's have known pairs and nothing else in common.
    Without given vectors, `usual_aligner` of the `encoders` (modality -> reference), else the defaults.
    """
    widths = [given[modality].vectors.shape[1] for modality in pair if modality in given]
    if not widths:
        return usual_aligner(pair, encoders)
    return "as-is" if len(widths) == len(pair) and len(set(widths)) == 1 else FROM_PAIRS


def usual_aligner(pair: tuple[str, str], encoders: Mapping[str, str]) -> str:
    """What suits these encoders, else the defaults, without knowing pairs where that can be.

    `as-is` for towers of one model, `pivot` where both sides have texts in their own spaces, `bridge` where concepts
    are named; else `relative`, by known pairs.
    """
    if share_space(pair, encoders):
        return "as-is"
    own = {m: same_space(encoders.get(m, DEFAULT_ENCODERS.get(m, "")), m) for m in pair}
    if all("text" in space for space in own.values()):
        return "pivot"
    named = all(names_concepts(encoders.get(m, DEFAULT_ENCODERS.get(m, ""))) for m in pair if m != "text")
    return "bridge" if named else FROM_PAIRS


def names_concepts(reference: str) -> bool:
    """Whether the encoder says which of its named concepts it sees or hears; frames do where no model is given."""
    name, _, model = parts_of(reference)
    return name in ENCODERS.names() and not model and ENCODERS.get(name).labels is not Encoder.labels
