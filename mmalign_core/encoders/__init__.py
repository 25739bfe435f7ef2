"""Encoders: each maps texts, pictures, sounds or videos to vectors, and some also to probabilities of concepts."""

from mmalign_core.encoders.base import ENCODERS, Encoded, Encoder, register
from mmalign_core.encoders.references import (
    create_encoder,
    full_reference,
    hub_files,
    params_of,
    with_params,
    without_params,
)
from mmalign_core.spaces import is_known, parts_of, reference_of, space_of, text_modality, text_tower

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
