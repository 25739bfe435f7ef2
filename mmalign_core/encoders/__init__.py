"""Encoders: each maps texts, pictures, sounds or videos to vectors, and some also to probabilities of concepts."""

from mmalign_core.encoders.base import ENCODERS, Encoded, Encoder, register
from mmalign_core.encoders.references import (
    check_model_place,
    create_encoder,
    full_reference,
    hub_files,
    is_folder,
    params_of,
    with_params,
    without_params,
)
from mmalign_core.spaces import is_known, parts_of, reference_of, space_of, text_modality, text_tower

__all__ = [
    "ENCODERS",
    "Encoded",
    "Encoder",
    "check_model_place",
    "create_encoder",
    "full_reference",
    "hub_files",
    "is_folder",
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
