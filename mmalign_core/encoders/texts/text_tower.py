"""Which text encoder shares the space of another encoder's vectors, and which of several reads what is typed."""

from __future__ import annotations

from collections.abc import Collection

from mmalign_core.encoders.base import ENCODERS
from mmalign_core.encoders.references import is_known, parts_of, reference_of, space_of
from mmalign_core.types import MODALITIES


def text_tower(key: str, modality: str) -> str | None:
    """Reference of the encoder that brings texts to the space of vectors under that key; None where there is none.

    A text encoder is its own; the space of towers that share one is named by their model's reference.
    """
    reference = reference_of(key)
    if not is_known(reference):
        return None
    space = reference if modality == "text" else space_of(reference)
    return space if is_known(space) and "text" in ENCODERS.get(parts_of(space).name).reads() else None


def typed_by(modalities: Collection[str]) -> str:
    """The modality whose encoder's text tower reads what is typed, where no texts were aligned."""
    return next(m for m in MODALITIES if m in modalities)
