"""Encoders by kind: each turns texts, pictures, sounds or videos into vectors (and concepts, where it classifies)."""

from mmalign_core.encoders.base import ENCODERS, Encoded, Encoder, register
from mmalign_core.encoders.references import (
    create_encoder,
    full_reference,
    hub_files,
    is_known,
    params_of,
    parts_of,
    reference_of,
    space_of,
    text_modality,
    text_tower,
    with_params,
    without_params,
)

__all__ = [
    "ENCODERS",
    "Encoded",
    "Encoder",
    "create_encoder",
    "full_reference",
    "hub_files",
    "is_known",
    "params_of",
    "parts_of",
    "reference_of",
    "register",
    "space_of",
    "text_modality",
    "text_tower",
    "with_params",
    "without_params",
]
